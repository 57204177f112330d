"""A proxy on real sockets, and sites that it leads to."""

from __future__ import annotations

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlestate.client.forward import server, upstream
from mlestate.client.forward.door import Ways
from mlestate.client.forward.place import Place
from mlestate.core import azure_hosts
from mlestate.identity import tls
from mlestate.identity.stand_in import StandIn, stand_in
from tests.ports import free_port

SECRET = "run:s3cret-of-this-run"
Talk = Callable[[socket.socket], None]


class Site:
    """Talks with each who connects, over TLS where there is a certificate for it."""

    def __init__(self, talk: Talk, context: ssl.SSLContext | None = None):
        self._talk, self._context = talk, context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    @property
    def place(self) -> Place:
        return Place("localhost", self.port)

    def close(self) -> None:
        """Once all has been heard that was said to it."""
        if self._listener.fileno() < 0:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        talks = []
        while True:
            try:
                each, _ = self._listener.accept()
            except OSError:
                break
            talks.append(threading.Thread(target=self._one, args=(each,)))
            talks[-1].start()
        for talk in talks:
            talk.join()

    def _one(self, each: socket.socket) -> None:
        with each:
            each.settimeout(20)
            try:
                if self._context is None:
                    self._talk(each)
                    return
                with self._context.wrap_socket(each, server_side=True) as safe:
                    self._talk(safe)
            except OSError:
                pass  # whoever it was went away, which the test is about


class Street:
    """The proxy's neighbourhood: sites, an estate, and the way in."""

    def __init__(self, folder: Path, stack: ExitStack):
        self._stack = stack
        self.tls = tls.ensure(folder / "tls", [], datetime.now(UTC))
        self.faked: StandIn = stand_in(azure_hosts.NAMES, folder, datetime.now(UTC))
        self.said: list[str] = []
        # Nothing is there until a test opens it.
        self.estate = Place("localhost", free_port())
        self.environment: dict[str, str] = {}
        self.through: frozenset[str] = frozenset()
        self._port = 0

    def site(self, talk: Talk, safe: bool = False) -> Site:
        site = Site(talk, self.tls.context() if safe else None)
        self._stack.callback(site.close)
        return site

    def ways(self) -> Ways:
        return Ways(
            estate=self.estate,
            trust=ssl.create_default_context(cafile=str(self.tls.ca)),
            stand_in=self.faked.context,
            upstreams=upstream.read(self.environment),
            secret=SECRET,
            through=self.through,
            say=self.said.append,
        )

    def open(self) -> int:
        """The proxy's port. It is closed with the test."""
        if not self._port:
            listener = self._stack.enter_context(server.listen())
            self._stack.enter_context(server.serving(listener, self.ways()))
            self._port = listener.getsockname()[1]
        return self._port

    @contextmanager
    def dial(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.open()), timeout=20) as connection:
            yield connection

    def ask(self, request: bytes) -> bytes:
        """All that comes back until the proxy closes."""
        with self.dial() as connection:
            connection.sendall(request)
            return everything(connection)

    @contextmanager
    def tunnel(self, target: str) -> Iterator[socket.socket]:
        with self.dial() as connection:
            connection.sendall(connect(target))
            answer = head(connection)
            assert answer.startswith(b"HTTP/1.1 200 "), answer
            yield connection

    @contextmanager
    def safely(self, host: str, authority: bytes, port: int = 443) -> Iterator[ssl.SSLSocket]:
        """Through a tunnel over TLS, with trust in that authority alone."""
        context = ssl.create_default_context(cadata=authority.decode())
        context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
        with (
            self.tunnel(f"{host}:{port}") as connection,
            context.wrap_socket(connection, server_hostname=host) as safe,
        ):
            yield safe


def known(secret: str = SECRET) -> str:
    return f"Proxy-Authorization: Basic {b64encode(secret.encode()).decode()}\r\n"


def connect(target: str) -> bytes:
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{known()}\r\n".encode()


def head(connection: socket.socket) -> bytes:
    """Up to the empty line, and nothing of what is behind it."""
    said = b""
    while not said.endswith(b"\r\n\r\n"):
        each = connection.recv(1)
        if not each:
            return said
        said += each
    return said


def exactly(connection: socket.socket, size: int) -> bytes:
    said = bytearray()
    while len(said) < size and (each := connection.recv(size - len(said))):
        said += each
    return bytes(said)


def everything(connection: socket.socket) -> bytes:
    said = bytearray()
    while each := connection.recv(65536):
        said += each
    return bytes(said)


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    with ExitStack() as stack:
        yield Street(tmp_path, stack)
