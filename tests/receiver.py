"""A real receiver of webhooks: keeps what it is sent, checks what it is signed with, and answers as
it is told to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

_PATIENCE = 30.0


class Delivery(msgspec.Struct, frozen=True):
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found

    def signed_with(self, secret: str) -> bool:
        """As Standard Webhooks says that a receiver checks it."""
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}."
        key = base64.b64decode(secret.removeprefix("whsec_"))
        mac = hmac.new(key, signed.encode() + self.body, hashlib.sha256).digest()
        wanted = f"v1,{base64.b64encode(mac).decode()}"
        return wanted in self.headers["webhook-signature"].split(" ")


class Receiver:
    """`answer` gives the status for each delivery."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.got: list[Delivery] = []
        self.answer: Callable[[Delivery], int] = lambda delivery: 204

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/hook"

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """In the order of their arrival."""
        return [one.event for one in self.got if kind in one.event["type"]]

    def until(self, count: int, kind: str = "") -> list[dict[str, Any]]:
        end = time.monotonic() + _PATIENCE
        while len(found := self.events(kind)) < count:
            assert time.monotonic() < end, f"{len(found)} of {count} have come: {found}"
            time.sleep(0.02)
        return found


@contextmanager
def receiver(port: int = 0, certificate: Path | None = None) -> Iterator[Receiver]:
    """`certificate` holds the chain and its key in PEM; without one there is no TLS."""
    found = Receiver(port)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            delivery = Delivery(headers, body)
            found.got.append(delivery)
            status = found.answer(delivery)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        # Each connection shakes hands in a thread of its own, and may fail there.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
    found.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
