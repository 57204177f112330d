"""What proves that it is them: client secrets and passwords."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import UTC, datetime

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from ..core.activity import By, scrubbed
from ..core.errors import Conflict, Invalid, NotFound, Unauthenticated
from ..core.principals import Principal, Secret, Session
from ..store import credentials as store
from ..store import principals, sessions
from ..store.activity import record
from ..store.database import Connection, Database
from . import events, ownership
from .generation import Clock, Generation
from .stays import end_of

SECRET_LIFETIME = 365 * 86400.0
SHORTEST_PASSWORD = 12


class Proof(msgspec.Struct, frozen=True):
    """Who it is, by which credential (`secret:<id>` or `session:<id>`), and until when."""

    principal: Principal
    via: str
    expires: float


class Credentials:
    def __init__(
        self,
        database: Database,
        generation: Generation,
        clock: Clock,
        hasher: PasswordHasher | None = None,
        passwords: bool = True,
    ):
        self._database, self._generation, self._clock = database, generation, clock
        self._hasher = hasher or PasswordHasher()
        # Closed, people come by the provider alone; who holds a secret of their own still may.
        self.passwords = passwords
        # Compared with when there is no password, so that an unknown name takes as long.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    def create_secret(
        self,
        principal: Principal,
        label: str,
        lifetime: float = SECRET_LIFETIME,
        by: By | None = None,
    ) -> tuple[Secret, str]:
        """A new secret, and its text: the only time that anybody sees it."""
        if principal.kind == "Group":
            raise Invalid("A group cannot log in: make the secret for one of its members.")
        now, text = self._clock(), new_secret()
        with self._database.write() as connection:
            # What proves that it is a guest ends with the guest's stay.
            expires = min(now + lifetime, end_of(connection, principal.id, now, "invalid_client"))
            secret = Secret(str(uuid.uuid4()), label, now, expires, principal_id=principal.id)
            if any(
                s.label == label and s.alive(now)
                for s in store.secrets_of(connection, principal.id)
            ):
                raise Conflict(f"`{principal.name}` has a secret `{label}`: revoke it first.")
            store.add_secret(connection, secret, hashed(text))
            self._say(connection, by, "secrets/write", principal, f"`{label}`")
        return secret, text

    def secrets(self, principal: Principal) -> list[Secret]:
        with self._database.read() as connection:
            return store.secrets_of(connection, principal.id)

    def revoke_secret(self, principal: Principal, label_or_id: str, by: By | None = None) -> None:
        """Tokens that were got with it end with it."""
        now = self._clock()
        with self._generation.changing() as connection:
            named = [
                s
                for s in store.secrets_of(connection, principal.id)
                if label_or_id in (s.id, s.label)
            ]
            if not named:
                raise NotFound(f"`{principal.name}` has no secret `{label_or_id}`.")
            for secret in named:
                store.revoke_secret(connection, secret.id, now)
                self._say(connection, by, "secrets/delete", principal, f"`{secret.label}`")

    def set_password(self, principal: Principal, text: str, by: By | None = None) -> None:
        """Ends every session that began with the old one."""
        if principal.kind != "User":
            raise Invalid("Only people have passwords; a service principal has secrets.")
        if not self.passwords:
            raise Conflict("Passwords are closed here (`passwords` of `mlestate.toml`).")
        if len(text) < SHORTEST_PASSWORD:
            raise Invalid(f"A password has at least {SHORTEST_PASSWORD} characters.")
        digest, now = self._hasher.hash(text), self._clock()
        with self._generation.changing() as connection:
            ownership.hold(connection, principal, "password")
            store.set_password(connection, principal.id, digest, now)
            sessions.end_sessions_of(connection, principal.id, now)
            self._say(connection, by, "password/write", principal)

    def _say(
        self,
        connection: Connection,
        by: By | None,
        verb: str,
        principal: Principal,
        message: str = "",
    ) -> None:
        said = {"message": scrubbed(message)} if message else {}
        now = self._clock()
        record(connection, events.of_principal(by or By(), now, verb, principal, code=200, **said))

    def has_password(self, principal: Principal) -> bool:
        with self._database.read() as connection:
            return store.password_of(connection, principal.id) is not None

    def password_mark(self, principal: Principal) -> str:
        """Another one with each password of theirs; it tells nothing of it."""
        with self._database.read() as connection:
            return hashed(store.password_of(connection, principal.id) or "")

    def is_secret_of(self, name: str, text: str) -> bool:
        """Whether it is a secret of that principal's, be it good (any more) or not."""
        with self._database.read() as connection:
            secret = store.secret_by_hash(connection, hashed(text))
            known = principals.by_name(connection, name) if secret else None
        return secret is not None and known is not None and secret.principal_id == known.id

    def check_secret(self, client: str, text: str) -> Proof:
        """`client` is a client id or a name."""
        with self._database.read() as connection:
            principal = principals.by_client(connection, client)
            secret = store.secret_by_hash(connection, hashed(text))
            if principal is None or secret is None or secret.principal_id != principal.id:
                raise Unauthenticated(
                    "The client is not known, or its secret is wrong.", code="invalid_client"
                )
            # Who knows the text may know what became of it.
            ends = end_of(connection, principal.id, self._clock(), "invalid_client")
        if not secret.alive(self._clock()):
            raise Unauthenticated(f"The secret {_end(secret)}", code="invalid_client")
        if not principal.enabled:
            raise Unauthenticated(f"`{principal.name}` is disabled.", code="invalid_client")
        return Proof(principal, f"secret:{secret.id}", min(secret.expires, ends))

    def check_person(self, name: str, text: str) -> Principal:
        """A person, by password or by a secret of their own."""
        with self._database.read() as connection:
            person = principals.by_name(connection, name)
            known = store.password_of(connection, person.id) if person else None
            digest = known if self.passwords else None
            secret = store.secret_by_hash(connection, hashed(text))
        # The password is compared in any case, so that every refusal takes as long.
        proven = self._matches(digest, text) or self._opens(secret, person)
        if person is None or not proven:
            raise Unauthenticated("The user name or the password is wrong.", code="invalid_grant")
        if person.kind != "User" or not person.enabled:
            raise Unauthenticated(f"`{person.name}` cannot log in.", code="invalid_grant")
        with self._database.read() as connection:
            end_of(connection, person.id, self._clock(), "invalid_grant")
        return person

    def check_password(self, person: Principal, text: str) -> None:
        """That it is their password, and no secret of theirs. Raises Unauthenticated."""
        with self._database.read() as connection:
            known = store.password_of(connection, person.id)
        if not self._matches(known if self.passwords else None, text):
            raise Unauthenticated("That is not the password that is in force.")

    def shown(self, via: str) -> float | None:
        """When the session began that a token was got with; None where it was got otherwise."""
        kind, _, key = via.partition(":")
        if kind != "session":
            return None
        with self._database.read() as connection:
            session = sessions.session(connection, key)
        return session.created if session else None

    def known(self, client: str) -> Principal | None:
        """Whose client id or name it is."""
        with self._database.read() as connection:
            return principals.by_client(connection, client)

    def alive(self, via: str) -> bool:
        """True while the credential that a token was got with is good."""
        kind, _, key = via.partition(":")
        with self._database.read() as connection:
            credential: Secret | Session | None
            if kind == "secret":
                credential = store.secret_by_id(connection, key)
            else:
                credential = sessions.session(connection, key)
        return credential is not None and credential.alive(self._clock())

    def _matches(self, digest: str | None, text: str) -> bool:
        try:
            return self._hasher.verify(digest or self._nobody, text) and digest is not None
        except VerifyMismatchError:
            return False

    def _opens(self, secret: Secret | None, person: Principal | None) -> bool:
        return (
            secret is not None
            and person is not None
            and secret.principal_id == person.id
            and secret.alive(self._clock())
        )


def new_secret() -> str:
    """256 random bits. The prefix lets scanners of repositories and logs know one when they see it,
    and keeps it from beginning with a dash."""
    return f"mles_{secrets.token_urlsafe(32)}"


def hashed(text: str) -> str:
    """For random secrets only: what has 256 bits needs no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def _end(secret: Secret) -> str:
    if secret.revoked is not None:
        return f"`{secret.label}` was revoked."
    day = datetime.fromtimestamp(secret.expires, UTC).date()
    return f"`{secret.label}` expired on {day}: make a new one."
