"""Which provider, and what is believed of what it says: the table `oidc` of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from .. import private_file

SECRET_FILE, SECRET_VARIABLE = "oidc.secret", "MLESTATE_OIDC_SECRET"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# By what, besides the link that a login makes, somebody is found who is here already.
Link = Literal["external-id", "username", "email"]


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`subject` is the claim that names somebody for good: `sub`, or `oid` of Entra. `create`: who
    is not known here is made at the first login. `groups` is the claim that lists groups; empty,
    none come of a login. `group_names` has this estate's names for what the claim says. After
    `hours` a session ends, and the provider is asked again."""

    issuer: str
    client_id: str
    name: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    subject: str = "sub"
    username: str = "preferred_username"
    link: tuple[Link, ...] = ("external-id",)
    create: bool = False
    groups: str = ""
    group_names: dict[str, str] = {}
    hours: Annotated[float, msgspec.Meta(gt=0, le=720)] = 12.0
    skew: Annotated[float, msgspec.Meta(ge=0, le=600)] = 120.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if parts.scheme != "https" and not plain:
            raise ValueError("`oidc.issuer` must begin with https://")
        if not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError("`oidc.issuer` must be an address, without a query")
        if "openid" not in self.scopes:
            raise ValueError("`oidc.scopes` must have `openid` among them")

    @property
    def shown(self) -> str:
        """What people call it."""
        return self.name or str(urlsplit(self.issuer).hostname)


def secret(data: Path, environment: Mapping[str, str]) -> str:
    """The client's secret, from the environment or a file that only its owner may read; empty for a
    public client. Raises Invalid."""
    if said := environment.get(SECRET_VARIABLE, ""):
        return said
    file = data / SECRET_FILE
    if not file.exists():
        return ""
    private_file.hold(file)
    return file.read_text().strip()
