"""What the activity log is told of one request: how it came, and what it was refused.

The front door makes one for each request and lays it in the request's scope. Every app notes its
refusals there, those too that stand inside an answer of 200; the front door has them recorded
before anything is answered.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, MutableMapping
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote

import msgspec

from ..core import azure_hosts
from ..core.access import Caller, refused
from ..core.activity import Asked, scrubbed
from ..core.errors import Forbidden, PlatformError, Refused

_KEY = "mlestate.trail"
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)
_PORT = re.compile("[0-9]{0,5}")
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}\.(?:blob|dfs|file|queue|table)\.")
# Of a query nothing else is kept: signatures, codes and tokens may stand in it.
_HARMLESS = ("api-version", "restype", "comp")


class Denials(Protocol):
    def denied(self, asked: Asked, denial: Refused) -> None:
        """Recorded when it returns, as far as a kill of the process goes."""


class Names(msgspec.Struct, frozen=True):
    """By which hosts an estate is known, in lower case; `origin` is its own address, and `tenant`
    the id of its directory."""

    origin: str = "https://localhost"
    hosts: frozenset[str] = frozenset()
    tenant: str = ""

    def origin_of(self, scheme: str, host: str) -> str:
        """Where a request came to: what it says itself, if that is a name of the estate's."""
        name, _, port = host.lower().partition(":")
        known = name in self.hosts or azure_hosts.answered(name) or self._of_account(name)
        return f"{scheme}://{host}" if known and _PORT.fullmatch(port) else self.origin

    def _of_account(self, name: str) -> bool:
        """`<account>.blob.` before one of the names."""
        found = _ACCOUNT.match(name)
        return found is not None and name[found.end() :] in self.hosts


class Trail:
    def __init__(self, scope: Mapping[str, Any], names: Names):
        self._scope, self._names = scope, names
        self.denials: list[Refused] = []
        # Why the request was refused; empty while it was not.
        self.why = ""

    def note(self, error: PlatformError) -> None:
        self.why = str(error)
        if isinstance(error, Forbidden) and error.refused is not None:
            self.denials.append(error.refused)

    def denied(self, caller: Caller) -> Refused:
        """Where no room said what was refused: all that the request tells."""
        method = str(self._scope["method"]).lower()
        return refused(caller, f"mlestate.Estate/requests/{method}/action", self._scope["path"])

    @property
    def tenant(self) -> str:
        return self._names.tenant

    @cached_property
    def correlation(self) -> str:
        """By which the log finds the request: the client's own, else one that it is told."""
        return self._told or str(uuid.uuid4())

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What Azure Resource Manager says of every request in its answer."""
        id = self.correlation.encode()
        return [(b"x-ms-request-id", id), (b"x-ms-correlation-request-id", id)]

    @cached_property
    def asked(self) -> Asked:
        client = self._scope.get("client")
        return Asked(
            method=self._scope["method"],
            uri=self._uri(),
            address=str(client[0]) if client else "",
            client_request=_guid(self._header(b"x-ms-client-request-id")),
            correlation=self.correlation,
            told=bool(self._told),
        )

    @cached_property
    def _told(self) -> str:
        return _guid(self._header(b"x-ms-correlation-request-id"))

    def _uri(self) -> str:
        origin = self._names.origin_of(self._scope.get("scheme", "https"), self._header(b"host"))
        said = parse_qsl(self._scope.get("query_string", b"").decode("latin-1"))
        kept = [f"{k}={quote(v)}" for k, v in said if k.lower() in _HARMLESS]
        query = f"?{'&'.join(kept)}" if kept else ""
        path = quote(self._scope["path"], safe="/:@!$'()*,;=~+")
        return scrubbed(f"{origin}{path}{query}")

    def _header(self, name: bytes) -> str:
        found = next((value for key, value in self._scope["headers"] if key == name), b"")
        return bytes(found).decode("latin-1")


def begin(scope: MutableMapping[str, Any], names: Names) -> Trail:
    trail = scope[_KEY] = Trail(scope, names)
    return trail


def trail_of(scope: Mapping[str, Any]) -> Trail:
    """One that nobody looks at, where the request did not come through the front door."""
    found: Trail | None = scope.get(_KEY)
    return found or Trail(scope, Names())


def _guid(text: str) -> str:
    """Clients send one; anything else might be anything."""
    return text if _GUID.fullmatch(text) else ""
