"""Where a login may lead back to."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import SplitResult, unquote, urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NAME = re.compile("[a-z0-9_.-]+")
# The letters of an address, less those that would end it where it is written down.
_PLAIN = re.compile(r"[!-~]+")
_ENDS = set("\\;,\"'<>")


def may_return(redirect_uri: str, origin: str) -> bool:
    """To a program on the person's own machine (RFC 8252), or to a page of this estate. What is
    stored in the estate is no page of it."""
    parts = _parts(redirect_uri)
    if parts is None or parts.fragment or _is_stored(parts.path):
        return False
    if parts.scheme == "http":
        return parts.hostname in _LOOPBACK
    return origin_of(redirect_uri) == origin_of(origin)


def origin_of(address: str) -> str:
    """`scheme://host:port`, put together from what was read, so that it is an origin and nothing
    else; empty for what has none."""
    parts = _parts(address)
    if parts is None:
        return ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port is not None else "")


def _parts(address: str) -> SplitResult | None:
    """None where browsers might read something else."""
    if not _PLAIN.fullmatch(address) or _ENDS & set(address):
        return None
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises where it is none
        known = parts.hostname is not None and _is_host(parts.hostname)
    except ValueError:
        return None
    return parts if known and parts.username is None else None


def _is_host(name: str) -> bool:
    """A name, or an address of IPv4 or IPv6. Raises ValueError for all else."""
    return _NAME.fullmatch(name) is not None or IPv6Address(name).scope_id is None


def _is_stored(path: str) -> bool:
    words = [word for word in unquote(path).split("/") if word]
    return words[:1] == ["_blob"] or any(word in (".", "..") for word in words)
