"""The tokens that a directory shows to push people: made once, kept as hashes, revocable."""

from __future__ import annotations

import uuid

from ...core.access import Caller, Grant, Permission, Rights, Role
from ...core.activity import By
from ...core.errors import Conflict, NotFound, Unauthenticated
from ...core.provisioned import ProvisioningToken
from ...store import provisioned
from ...store.activity import record
from ...store.database import Database
from .. import events
from ..credentials import hashed, new_secret
from ..generation import Clock

ITSELF = By()
PREFIX = "mles_"
# All that whoever shows such a token can do: at the addresses of SCIM, and at no other.
PROVISIONER = Role(
    "provisioner",
    "Directory provisioner",
    (
        Permission(
            actions=(
                "mlestate.Identity/users/*",
                "mlestate.Identity/groups/*",
                "Microsoft.Authorization/roleAssignments/write",
            )
        ),
    ),
)


class ProvisioningTokens:
    def __init__(self, database: Database, clock: Clock):
        self._database, self._clock = database, clock

    def create(self, label: str, lifetime: float, by: By = ITSELF) -> tuple[ProvisioningToken, str]:
        """A new token, and its text: the only time that anybody sees it."""
        now, text = self._clock(), new_secret()
        token = ProvisioningToken(str(uuid.uuid4()), label, now, now + lifetime)
        with self._database.turn() as connection:
            if any(t.label == label and t.alive(now) for t in provisioned.tokens(connection)):
                raise Conflict(f"there is a token `{label}`: revoke it first, or name another")
            provisioned.add_token(connection, token, hashed(text))
            record(connection, events.of_token(by, now, "write", token))
        return token, text

    def all(self) -> list[ProvisioningToken]:
        with self._database.read() as connection:
            return provisioned.tokens(connection)

    def revoke(self, label_or_id: str, by: By = ITSELF) -> None:
        now = self._clock()
        with self._database.turn() as connection:
            named = [t for t in provisioned.tokens(connection) if label_or_id in (t.id, t.label)]
            if not named:
                raise NotFound(f"there is no token `{label_or_id}`")
            for token in named:
                if token.revoked is None:
                    provisioned.revoke_token(connection, token.id, now)
                    record(connection, events.of_token(by, now, "delete", token))

    def caller(self, text: str) -> Caller:
        """Who shows it. Raises Unauthenticated."""
        with self._database.read() as connection:
            token = provisioned.token_by_hash(connection, hashed(text))
        if token is None:
            raise Unauthenticated("the token of the directory is not known here")
        if not token.alive(self._clock()):
            raise Unauthenticated(
                f"the token `{token.label}` was revoked or has expired: make another with "
                "`mlestate scim token`"
            )
        rights = Rights([Grant("/", PROVISIONER)])
        return Caller(token.id, f"scim/{token.label}", "Directory", rights, ends=token.expires)
