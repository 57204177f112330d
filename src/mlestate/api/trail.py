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

from ..core.access import Caller, refused
from ..core.activity import Asked, scrubbed
from ..core.errors import Forbidden, PlatformError, Refused

_KEY = "mlestate.trail"
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)
# Of a query nothing else is kept: signatures, codes and tokens may stand in it.
_HARMLESS = ("api-version", "restype", "comp")


class Denials(Protocol):
    def denied(self, asked: Asked, denial: Refused) -> None:
        """Recorded when it returns, as far as a kill of the process goes."""


class Trail:
    def __init__(self, scope: Mapping[str, Any]):
        self._scope = scope
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

    @cached_property
    def asked(self) -> Asked:
        client = self._scope.get("client")
        return Asked(
            method=self._scope["method"],
            uri=self._uri(),
            address=str(client[0]) if client else "",
            client_request=_guid(self._header(b"x-ms-client-request-id")),
            correlation=_guid(self._header(b"x-ms-correlation-request-id")) or str(uuid.uuid4()),
        )

    def _uri(self) -> str:
        host = self._header(b"host")
        said = parse_qsl(self._scope.get("query_string", b"").decode("latin-1"))
        kept = [f"{k}={quote(v)}" for k, v in said if k.lower() in _HARMLESS]
        query = f"?{'&'.join(kept)}" if kept else ""
        path = quote(self._scope["path"], safe="/:@!$'()*,;=~+")
        return scrubbed(f"{self._scope.get('scheme', 'https')}://{host}{path}{query}")

    def _header(self, name: bytes) -> str:
        found = next((value for key, value in self._scope["headers"] if key == name), b"")
        return bytes(found).decode("latin-1")


def begin(scope: MutableMapping[str, Any]) -> Trail:
    trail = scope[_KEY] = Trail(scope)
    return trail


def trail_of(scope: Mapping[str, Any]) -> Trail:
    """One that nobody looks at, where the request did not come through the front door."""
    found: Trail | None = scope.get(_KEY)
    return found or Trail(scope)


def _guid(text: str) -> str:
    """Clients send one; anything else might be anything."""
    return text if _GUID.fullmatch(text) else ""
