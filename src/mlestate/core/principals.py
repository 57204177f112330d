"""Who can be known here: people, groups and programs, and what proves that it is them."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["User", "Group", "ServicePrincipal"]
LONGEST_NAME = 128
# As in Entra.
LONGEST_DISPLAY_NAME = 256


class Principal(msgspec.Struct, frozen=True):
    """`id` is the object id that grants name; `client_id` is what a client logs in with.

    Names are unique over all kinds, without regard to case, so that a member or the receiver of
    a grant can be said by name alone.
    """

    id: str
    kind: Kind
    name: str
    client_id: str
    display_name: str
    enabled: bool
    created: float


class Issued(msgspec.Struct, frozen=True):
    """What somebody shows to be let in, without its text, which is shown once and never stored."""

    id: str
    label: str
    created: float
    expires: float
    revoked: float | None = None

    def alive(self, now: float) -> bool:
        return self.revoked is None and now < self.expires


class Secret(Issued, frozen=True, kw_only=True):
    """A client secret, of one principal."""

    principal_id: str


class Session(msgspec.Struct, frozen=True):
    """One login of a person in one client. Its refresh tokens live and die with it."""

    id: str
    principal_id: str
    client: str
    scope: str
    created: float
    expires: float
    ended: float | None = None

    def alive(self, now: float) -> bool:
        return self.ended is None and now < self.expires


class RefreshToken(msgspec.Struct, frozen=True):
    session_id: str
    expires: float
    spent: float | None = None


class DeviceLogin(msgspec.Struct, frozen=True):
    """A device that waits until somebody says, elsewhere, that it may act for them."""

    client: str
    scope: str
    expires: float
    state: Literal["pending", "approved", "denied"] = "pending"
    principal_id: str | None = None
    polled: float = 0.0
    whence: str | None = None


class AuthorizationCode(msgspec.Struct, frozen=True):
    """What the login page hands to a client, good once, and only with its PKCE verifier."""

    principal_id: str
    client: str
    redirect_uri: str
    challenge: str
    scope: str
    nonce: str
    expires: float


class SigningKey(msgspec.Struct, frozen=True):
    kid: str
    pem: str
    created: float
