"""Logins that are under way or last: sessions, refresh tokens, device logins, authorization codes.

Tokens and codes come here as SHA-256; nothing read from these tables opens anything.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from ..core.principals import AuthorizationCode, DeviceLogin, RefreshToken, Session
from .principal_tables import authorization_codes, device_logins, refresh_tokens, sessions
from .waiting import make_room

_SESSION = [sessions.c[name] for name in Session.__struct_fields__]
_REFRESH = [refresh_tokens.c[name] for name in RefreshToken.__struct_fields__]
_DEVICE = [device_logins.c[name] for name in DeviceLogin.__struct_fields__]
_CODE = [authorization_codes.c[name] for name in AuthorizationCode.__struct_fields__]


def open_session(connection: Connection, session: Session) -> None:
    connection.execute(insert(sessions).values(**_values(session)))


def session(connection: Connection, session_id: str) -> Session | None:
    row = connection.execute(select(*_SESSION).where(sessions.c.id == session_id)).first()
    return Session(**row._mapping) if row else None


def end_session(connection: Connection, session_id: str, now: float) -> None:
    _end(connection, sessions.c.id == session_id, now)


def end_sessions_of(connection: Connection, principal_id: str, now: float) -> None:
    """Those that are about to begin, too."""
    _end(connection, sessions.c.principal_id == principal_id, now)
    for table in (authorization_codes, device_logins):
        connection.execute(delete(table).where(table.c.principal_id == principal_id))


def add_refresh_token(connection: Connection, digest: str, token: RefreshToken) -> None:
    connection.execute(insert(refresh_tokens).values(hash=digest, **_values(token)))


def refresh_token(connection: Connection, digest: str) -> RefreshToken | None:
    row = connection.execute(select(*_REFRESH).where(refresh_tokens.c.hash == digest)).first()
    return RefreshToken(**row._mapping) if row else None


def spend_refresh_token(connection: Connection, digest: str, now: float) -> None:
    connection.execute(
        update(refresh_tokens)
        .where(refresh_tokens.c.hash == digest, refresh_tokens.c.spent.is_(None))
        .values(spent=now)
    )


def add_device(
    connection: Connection, digest: str, user_code_digest: str, login: DeviceLogin
) -> None:
    connection.execute(
        insert(device_logins).values(hash=digest, user_code_hash=user_code_digest, **_values(login))
    )


def make_room_for_device(connection: Connection, whence: str, of_one: int, of_all: int) -> None:
    """Those go first that no client asks after, the oldest of them before the others."""
    table = device_logins.c
    first = (table.state != "pending", table.polled, table.expires)
    make_room(connection, device_logins, whence, first, of_one, of_all)


def device(connection: Connection, digest: str) -> DeviceLogin | None:
    row = connection.execute(select(*_DEVICE).where(device_logins.c.hash == digest)).first()
    return DeviceLogin(**row._mapping) if row else None


def device_by_user_code(connection: Connection, digest: str) -> DeviceLogin | None:
    same = device_logins.c.user_code_hash == digest
    row = connection.execute(select(*_DEVICE).where(same)).first()
    return DeviceLogin(**row._mapping) if row else None


def decide_device(
    connection: Connection, user_code_digest: str, principal_id: str, state: str, now: float
) -> bool:
    """Approve or deny a login that still waits. False when there is none (any more)."""
    done = connection.execute(
        update(device_logins)
        .where(
            device_logins.c.user_code_hash == user_code_digest,
            device_logins.c.state == "pending",
            device_logins.c.expires > now,
        )
        .values(state=state, principal_id=principal_id)
    )
    return done.rowcount == 1


def mark_polled(connection: Connection, digest: str, now: float) -> None:
    connection.execute(
        update(device_logins).where(device_logins.c.hash == digest).values(polled=now)
    )


def take_device(connection: Connection, digest: str) -> bool:
    """Use the login up. Of two who try, one is told True."""
    done = connection.execute(delete(device_logins).where(device_logins.c.hash == digest))
    return done.rowcount == 1


def devices_waiting(connection: Connection) -> int:
    count: int = connection.execute(select(func.count()).select_from(device_logins)).scalar_one()
    return count


def add_code(connection: Connection, digest: str, code: AuthorizationCode) -> None:
    connection.execute(insert(authorization_codes).values(hash=digest, **_values(code)))


def take_code(connection: Connection, digest: str) -> AuthorizationCode | None:
    """Use the code up, whatever becomes of it: a code that was shown once is spent."""
    row = connection.execute(select(*_CODE).where(authorization_codes.c.hash == digest)).first()
    done = connection.execute(
        delete(authorization_codes).where(authorization_codes.c.hash == digest)
    )
    return AuthorizationCode(**row._mapping) if row and done.rowcount == 1 else None


def sweep(connection: Connection, now: float) -> None:
    """Forget what has expired."""
    for table in (device_logins, authorization_codes, refresh_tokens, sessions):
        connection.execute(delete(table).where(table.c.expires <= now))


def _end(connection: Connection, condition: Any, now: float) -> None:
    connection.execute(
        update(sessions).where(condition, sessions.c.ended.is_(None)).values(ended=now)
    )


def _values(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
