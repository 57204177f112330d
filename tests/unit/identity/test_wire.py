"""Requests to a provider: bounded in all, whatever it does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest

from mlestate.core.errors import Unavailable
from mlestate.identity.provider.wire import Wire

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@contextmanager
def saying(first: bytes, drip: bytes = b"") -> Iterator[str]:
    """A provider that says this, and then a byte now and then for ever; its address."""
    over = Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(first)
            while drip and not over.wait(0.02):
                connection.sendall(drip)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            over.set()
            thread.join()


def test_an_answer_is_read():
    with saying(HEAD + b'content-length: 7\r\n\r\n{"a":1}') as address:
        assert Wire("Contoso").get(address) == {"a": 1}


@pytest.mark.parametrize(
    "first", [HEAD + b"content-length: 100000\r\n\r\n", HEAD + b"x-header: "], ids=["body", "head"]
)
def test_a_provider_that_drips_is_left_after_a_while(first: bytes):
    with (
        saying(first, b"x") as address,
        pytest.raises(Unavailable, match=r"does not answer .* \(TimeoutError\): try again"),
    ):
        Wire("Contoso", seconds=0.3).get(address)


@pytest.mark.parametrize(
    "body", [b"no json", b"[]", b"[" * 100_000, b'"\xff"', b" " * (1 << 20) + b"{}"]
)
def test_what_is_no_answer_is_refused(body: bytes):
    length = b"content-length: %d\r\n\r\n" % len(body)
    with saying(HEAD + length + body) as address, pytest.raises(Unavailable):
        Wire("Contoso").get(address)
