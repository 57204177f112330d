"""A server's certificate for names of others, which nobody believes but who is told to."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from . import private_file
from .certificates import general_names, issue, new_authority

# A training may take weeks; the key is gone with the process anyway.
_LIFETIME = timedelta(days=397)


class StandIn(msgspec.Struct, frozen=True):
    """`authority` (PEM) is for those who shall believe; `context` serves under the names."""

    authority: bytes
    context: ssl.SSLContext


def stand_in(names: Sequence[str], folder: Path, now: datetime) -> StandIn:
    """The authority signs this once, for nothing but the names, and its key is forgotten here."""
    domains = [name.removeprefix("*.") for name in names]
    authority = new_authority(f"mlestate run {now:%Y-%m-%d %H:%M}", now, _LIFETIME, domains)
    server = issue(authority, general_names(names), now, _LIFETIME)
    return StandIn(authority.pem, _context(server, folder / "server.pem"))


def _context(server: bytes, file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # OpenSSL reads a chain from files alone.
    private_file.write(file, server)
    try:
        context.load_cert_chain(file)
    finally:
        file.unlink()
    return context
