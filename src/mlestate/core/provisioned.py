"""People and groups that a directory elsewhere owns, and who is who there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from .principals import Issued

# Who decides: `scim` pushes people and groups, `oidc` says at a login which groups somebody is in.
Source = Literal["scim", "oidc"]
SOURCES: dict[Source, str] = {
    "scim": "the directory (SCIM)",
    "oidc": "the login provider's groups",
}


class Provisioned(msgspec.Struct, frozen=True):
    """`handle` is the userName of a person, the displayName of a group, as the directory has it;
    `document` what else it said. `deleted` is when it took the principal away: it is disabled from
    then on, and gone later."""

    principal_id: str
    source: Source
    handle: str
    external_id: str | None
    document: Mapping[str, Any]
    created: float
    modified: float
    deleted: float | None = None


class Identity(msgspec.Struct, frozen=True):
    """Whom a provider of logins means: its address, and its own word for somebody."""

    issuer: str
    subject: str


class ProvisioningToken(Issued, frozen=True):
    """What a directory shows to push people."""


class PendingLogin(msgspec.Struct, frozen=True):
    """A browser that was sent to the provider, and what it is to do when it comes back."""

    browser: str
    nonce: str
    verifier: str
    redirect_uri: str
    purpose: Mapping[str, str]
    expires: float
    whence: str | None = None
