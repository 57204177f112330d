"""Client secrets, passwords and signing keys. Secrets and passwords come here already hashed."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from ..core.principals import Secret, SigningKey
from .principal_tables import passwords, secrets, signing_keys

_SECRET = [secrets.c[name] for name in Secret.__struct_fields__]


def add_secret(connection: Connection, secret: Secret, digest: str) -> None:
    values = {name: getattr(secret, name) for name in Secret.__struct_fields__}
    connection.execute(insert(secrets).values(**values, hash=digest))


def secret_by_hash(connection: Connection, digest: str) -> Secret | None:
    row = connection.execute(select(*_SECRET).where(secrets.c.hash == digest)).first()
    return Secret(**row._mapping) if row else None


def secret_by_id(connection: Connection, secret_id: str) -> Secret | None:
    row = connection.execute(select(*_SECRET).where(secrets.c.id == secret_id)).first()
    return Secret(**row._mapping) if row else None


def secrets_of(connection: Connection, principal_id: str) -> list[Secret]:
    rows = connection.execute(
        select(*_SECRET)
        .where(secrets.c.principal_id == principal_id)
        .order_by(secrets.c.created, secrets.c.id)
    )
    return [Secret(**row._mapping) for row in rows]


def revoke_secret(connection: Connection, secret_id: str, now: float) -> None:
    connection.execute(
        update(secrets)
        .where(secrets.c.id == secret_id, secrets.c.revoked.is_(None))
        .values(revoked=now)
    )


def set_password(connection: Connection, principal_id: str, digest: str, now: float) -> None:
    connection.execute(delete(passwords).where(passwords.c.principal_id == principal_id))
    connection.execute(
        insert(passwords).values(principal_id=principal_id, hash=digest, changed=now)
    )


def password_of(connection: Connection, principal_id: str) -> str | None:
    own = passwords.c.principal_id == principal_id
    digest: str | None = connection.scalar(select(passwords.c.hash).where(own))
    return digest


def add_key(connection: Connection, key: SigningKey) -> None:
    connection.execute(insert(signing_keys).values(kid=key.kid, pem=key.pem, created=key.created))


def keys(connection: Connection) -> list[SigningKey]:
    """The newest last: it is the one that signs."""
    rows = connection.execute(
        select(signing_keys.c.kid, signing_keys.c.pem, signing_keys.c.created).order_by(
            signing_keys.c.created, signing_keys.c.kid
        )
    )
    return [SigningKey(**row._mapping) for row in rows]
