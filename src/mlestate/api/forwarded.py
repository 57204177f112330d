"""What a proxy in front says of a request: who sent it, and whether by TLS."""

from __future__ import annotations

import ipaddress

from starlette.types import ASGIApp, Receive, Scope, Send

_SCHEMES = {b"http": "http", b"https": "https"}


class Forwarded:
    """For a listener that is the proxy's alone. Of `X-Forwarded-For` the last address is believed,
    which the proxy itself has set or appended; what stands before it anybody can write."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # Of several headers of a name the last.
            said = dict(scope["headers"])
            if address := _address(said.get(b"x-forwarded-for", b"")):
                scope["client"] = (address, 0)
            scheme = said.get(b"x-forwarded-proto", b"").strip().lower()
            scope["scheme"] = _SCHEMES.get(scheme, scope["scheme"])
        await self._app(scope, receive, send)


def _address(said: bytes) -> str:
    """The last one, without its port; empty where it is none."""
    last = said.rpartition(b",")[2].decode("latin1").strip()
    if last.startswith("["):
        last = last[1:].partition("]")[0]
    elif last.count(":") == 1:
        last = last.partition(":")[0]
    try:
        return str(ipaddress.ip_address(last))
    except ValueError:
        return ""
