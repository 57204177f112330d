"""The listeners of an estate, on a port of their own: TLS is only real on a socket."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlestate.api.bounded import LARGEST_HEAD
from mlestate.app.build import Estate
from mlestate.app.server import Server
from mlestate.app.settings import Settings
from mlestate.identity import tls
from tests.ports import free_port

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=380)


class Served:
    def __init__(self, folder: Path):
        self.folder, self.now, self.port = folder, LONG_AGO, free_port()
        self.certificate = self.ensure()
        self.plain_port = free_port()
        settings = Settings(port=self.port, plain_port=self.plain_port)
        self.estate = Estate(folder, settings, ["westeurope"])
        self.server = Server(self.estate, self.certificate.server, self.ensure)
        self.up = threading.Event()
        self.thread = threading.Thread(target=self.server.run, args=(self.up.set,))

    def ensure(self) -> tls.Tls:
        return tls.ensure(self.folder / "tls", (), self.now)

    def seen(self) -> str:
        """The certificate that a new connection is shown, once it was verified."""
        address = ("localhost", self.port)
        return ssl.get_server_certificate(address, ca_certs=str(self.certificate.ca))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    served.thread.start()
    assert served.up.wait(20)
    yield served
    served.server.stop()
    served.thread.join(20)
    assert not served.thread.is_alive()
    served.estate.close()


def test_a_renewed_certificate_is_shown_without_a_restart(served: Served) -> None:
    first = served.seen()
    served.server.renew()
    assert served.seen() == first
    served.now = NOW
    served.server.renew()
    assert served.seen() != first
    assert served.seen() in served.certificate.server.read_text()


@pytest.mark.parametrize("plain", [False, True])
def test_a_head_without_end_is_refused_by_both_listeners(served: Served, plain: bool) -> None:
    port = served.plain_port if plain else served.port
    context = ssl.create_default_context(cafile=str(served.certificate.ca))
    endless = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-a: " + b"a" * LARGEST_HEAD
    client = socket.create_connection(("localhost", port), 20)
    with client if plain else context.wrap_socket(client, server_hostname="localhost") as door:
        door.sendall(endless)
        assert door.recv(1000).startswith(b"HTTP/1.1 431")
