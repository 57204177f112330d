"""Where a program wants to go."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import msgspec

from ...core.errors import Invalid

_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")


class Place(msgspec.Struct, frozen=True):
    """`host` is in lower case, without brackets and without a dot at its end."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def authority(text: str) -> Place:
    """`host:port`, as CONNECT names it. Raises Invalid."""
    found = _AUTHORITY.fullmatch(text)
    port = int(found["port"]) if found else 0
    if found is None or not 0 < port < 65536:
        raise Invalid("this names no host and port")
    return Place(found["host"].strip("[]").lower().removesuffix("."), port)


def address(url: str, default: int = 80) -> tuple[Place, str]:
    """The place of an absolute http address, and the rest of it. Raises Invalid."""
    scheme, _, rest = url.partition("://")
    if scheme.lower() != "http":
        raise Invalid("this is a proxy: ask it for http://HOST/…, or CONNECT HOST:PORT")
    name = re.split("[/?#]", rest, maxsplit=1)[0]
    path = rest[len(name) :].partition("#")[0]
    named = name if re.search(r":[0-9]+$", name) else f"{name}:{default}"
    return authority(named), path if path.startswith("/") else f"/{path}"


def origin(url: str) -> Place:
    """Where an estate answers, which is over https alone. Raises Invalid."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise Invalid(f"`{url}` is not an https address: name the estate's with --url")
    return Place(parts.hostname, parts.port or 443)
