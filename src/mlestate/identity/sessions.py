"""Logins of people in clients: device logins, authorization codes, and the sessions they open."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from base64 import urlsafe_b64encode

import msgspec

from ..core.activity import Asked, By
from ..core.errors import NotFound, Unauthenticated
from ..core.principals import AuthorizationCode, DeviceLogin, Principal, RefreshToken, Session
from ..store import principals, provisioned
from ..store import sessions as store
from ..store.activity import record
from ..store.database import Database
from ..store.principals import Connection
from . import events
from .credentials import Proof, hashed
from .generation import Clock, Generation
from .stays import end_of
from .throttle import whence

SESSION_LIFETIME = 30 * 86400.0
DEVICE_LIFETIME = 900.0
CODE_LIFETIME = 120.0
POLL_INTERVAL = 2
# A client may lose the answer to a refresh, or run twice over one cache: the token that it just
# used still works for so long. Later it can only be a stolen copy, and the session ends.
REUSE_GRACE = 60.0
# Logins that wait: of one address, and in all.
MOST_OF_ONE, MOST_WAITING = 500, 5000
UNASKED = Asked()
_USER_CODE = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, and so no words


class Opened(msgspec.Struct, frozen=True):
    """A session that is good now, and the next refresh token for it."""

    proof: Proof
    client: str
    scope: str
    refresh_token: str
    nonce: str = ""


class DeviceStart(msgspec.Struct, frozen=True):
    device_code: str
    user_code: str
    expires_in: int
    interval: int


class Sessions:
    """`by_provider`: how long a session lasts of somebody whom a provider vouches for. It is asked
    again after that: what it said of them may be true no more."""

    def __init__(
        self,
        database: Database,
        generation: Generation,
        clock: Clock,
        by_provider: float = SESSION_LIFETIME,
    ):
        self._database, self._generation, self._clock = database, generation, clock
        self._by_provider = by_provider

    def forget_expired(self) -> None:
        with self._database.write() as connection:
            store.sweep(connection, self._clock())

    def start_device(self, client: str, scope: str, address: str = "") -> DeviceStart:
        """`address` is where it was asked for."""
        now, device_code, user_code = self._clock(), _random(), _new_user_code()
        begun = hashed(whence(address))
        login = DeviceLogin(client, scope, now + DEVICE_LIFETIME, whence=begun)
        with self._database.write() as connection:
            store.sweep(connection, now)
            # Anybody may ask for a code; nobody may fill the disk with them, or the room of others.
            store.make_room_for_device(connection, begun, MOST_OF_ONE, MOST_WAITING)
            store.add_device(connection, hashed(device_code), _hashed_user_code(user_code), login)
        return DeviceStart(device_code, user_code, int(DEVICE_LIFETIME), POLL_INTERVAL)

    def decide_device(self, user_code: str, person: Principal, approve: bool) -> str:
        """Approve or deny the login that waits under this code; returns which client waits."""
        state = "approved" if approve else "denied"
        digest = _hashed_user_code(user_code)
        with self._database.write() as connection:
            login = store.device_by_user_code(connection, digest)
            decided = store.decide_device(connection, digest, person.id, state, self._clock())
        if login is None or not decided:
            raise NotFound("There is no device waiting with this code (any more).")
        return login.client

    def poll_device(self, device_code: str, client: str, asked: Asked = UNASKED) -> Opened:
        """The session, once somebody approved the device."""
        with self._database.write() as connection:
            outcome = self._poll(connection, hashed(device_code), client, asked)
        if isinstance(outcome, Unauthenticated):
            raise outcome
        return outcome

    def authorize(
        self,
        person: Principal,
        client: str,
        redirect_uri: str,
        challenge: str,
        scope: str,
        nonce: str = "",
    ) -> str:
        """A code that `redeem` takes once, soon, with the verifier of the PKCE challenge."""
        code, expires = _random(), self._clock() + CODE_LIFETIME
        row = AuthorizationCode(person.id, client, redirect_uri, challenge, scope, nonce, expires)
        with self._database.write() as connection:
            store.sweep(connection, self._clock())
            store.add_code(connection, hashed(code), row)
        return code

    def redeem(
        self, code: str, client: str, redirect_uri: str, verifier: str, asked: Asked = UNASKED
    ) -> Opened:
        """A code that is shown again, by who knows its verifier, is in two hands: the session that
        came of it ends (RFC 6749, 4.1.2)."""
        challenge = pkce_challenge(verifier)
        session_id = _session_of(code, challenge)
        with self._database.write() as connection:
            known = store.take_code(connection, hashed(code))
            before = store.session(connection, session_id) if known is None else None
            good = known is not None and (
                known.client == client
                and known.redirect_uri == redirect_uri
                and secrets.compare_digest(known.challenge, challenge)
                and self._clock() < known.expires
            )
            opened = (
                self._open(
                    connection,
                    known.principal_id,
                    client,
                    known.scope,
                    asked,
                    known.nonce,
                    session_id,
                )
                if good and known
                else None
            )
        if before is not None and before.ended is None:
            self.end(before.id, "authorization code used twice")
        # Raised outside: a code that was tried wrongly is spent all the same.
        if opened is None:
            raise _refused("The code is wrong, used, or too old: log in again.")
        return opened

    def refresh(self, token: str, client: str) -> Opened:
        """The session goes on, with a new refresh token in place of this one."""
        digest, now = hashed(token), self._clock()
        with self._database.write() as connection:
            known = store.refresh_token(connection, digest)
            session = store.session(connection, known.session_id) if known else None
            if known is None or session is None or session.client != client:
                raise _refused("The refresh token is not known: log in again.")
            if not session.alive(now) or now >= known.expires:
                _hold_enabled(principals.by_id(connection, session.principal_id))
                raise _refused("The session has ended: log in again.")
            if known.spent is None or now < known.spent + REUSE_GRACE:
                store.spend_refresh_token(connection, digest, now)
                return self._next(connection, session)
        self.end(session.id)
        raise _refused("The refresh token was used before, so its session was ended: log in again.")

    def end(self, session_id: str, why: str = "refresh token used twice") -> None:
        """Tokens that came of the session end with it. `why` is empty where its owner asks."""
        with self._generation.changing() as connection:
            session = store.session(connection, session_id)
            person = principals.by_id(connection, session.principal_id) if session else None
            store.end_session(connection, session_id, self._clock())
            if person is not None:
                record(connection, events.of_end(self._clock(), person, why))

    def end_all(self, principal_id: str, why: str, asked: Asked) -> None:
        """All sessions of somebody, by a request that is not theirs."""
        now = self._clock()
        with self._generation.changing() as connection:
            store.end_sessions_of(connection, principal_id, now)
            if person := principals.by_id(connection, principal_id):
                record(connection, events.of_end(now, person, why, asked))

    def revoke(self, token: str) -> None:
        """End the session of a refresh token. Nothing is said of one that is not known."""
        with self._database.read() as connection:
            known = store.refresh_token(connection, hashed(token))
        if known is not None:
            self.end(known.session_id, why="")

    def _poll(
        self, connection: Connection, digest: str, client: str, asked: Asked
    ) -> Opened | Unauthenticated:
        now, login = self._clock(), store.device(connection, digest)
        if login is None or login.client != client:
            return _refused("The device code is not known.")
        if now >= login.expires:
            return _refused("The device code has expired: start again.", "expired_token")
        if login.state == "pending":
            store.mark_polled(connection, digest, now)
            if now < login.polled + POLL_INTERVAL / 2:
                return _refused("Ask less often.", "slow_down")
            return _refused("Nobody has approved this device yet.", "authorization_pending")
        if not store.take_device(connection, digest):
            return _refused("The device code was used already.")
        if login.state == "denied" or login.principal_id is None:
            return _refused("The login was denied.", "authorization_declined")
        return self._open(connection, login.principal_id, client, login.scope, asked)

    def _open(
        self,
        connection: Connection,
        principal_id: str,
        client: str,
        scope: str,
        asked: Asked,
        nonce: str = "",
        session_id: str = "",
    ) -> Opened:
        now = self._clock()
        ends = end_of(connection, principal_id, now, "invalid_grant")
        linked = provisioned.is_linked(connection, principal_id)
        expires = min(now + (self._by_provider if linked else SESSION_LIFETIME), ends)
        id = session_id or str(uuid.uuid4())
        session = Session(id, principal_id, client, scope, now, expires)
        store.open_session(connection, session)
        opened = self._next(connection, session, nonce)
        person = opened.proof.principal
        record(connection, events.of_login(By(asked=asked), now, person, client))
        return opened

    def _next(self, connection: Connection, session: Session, nonce: str = "") -> Opened:
        person = _hold_enabled(principals.by_id(connection, session.principal_id))
        ends = end_of(connection, person.id, self._clock(), "invalid_grant")
        token = _random()
        store.add_refresh_token(
            connection, hashed(token), RefreshToken(session.id, session.expires)
        )
        proof = Proof(person, f"session:{session.id}", min(session.expires, ends))
        return Opened(proof, session.client, session.scope, token, nonce)


def _hold_enabled(person: Principal | None) -> Principal:
    if person is None or not person.enabled:
        raise _refused("The user does not exist or is disabled.")
    return person


def pkce_challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def _session_of(code: str, challenge: str) -> str:
    """The id of the session that a code opens, for who knows both: a code alone, as it stands in
    the history of a browser, finds none to end."""
    return str(uuid.UUID(hashed(f"session {code} {challenge}")[:32]))


def _random() -> str:
    return secrets.token_urlsafe(32)


def _new_user_code() -> str:
    letters = [secrets.choice(_USER_CODE) for _ in range(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def _hashed_user_code(code: str) -> str:
    """As people type it: in any case, with or without the dash."""
    return hashed("".join(c for c in code.upper() if c.isalnum()))


def _refused(message: str, code: str = "invalid_grant") -> Unauthenticated:
    return Unauthenticated(message, code=code)
