"""Who sent a request, where a proxy says it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mlestate.api.forwarded import Forwarded


def seen(*headers: tuple[bytes, bytes]) -> tuple[str, str]:
    """The address and the scheme behind it, of a request that comes from the proxy."""
    found: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.update(scope)

    scope = {"type": "http", "scheme": "http", "client": ("127.0.0.1", 5), "headers": headers}
    asyncio.run(Forwarded(app)(scope, None, None))  # type: ignore[arg-type]
    return found["client"][0], found["scheme"]


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (b"192.0.2.1", "192.0.2.1"),
        (b"9.9.9.9, 192.0.2.1", "192.0.2.1"),
        # Whoever is on the proxy's own machine is not who they say they are.
        (b"9.9.9.9, 127.0.0.1", "127.0.0.1"),
        (b"192.0.2.1:4711", "192.0.2.1"),
        (b"[2001:db8::1]:4711", "2001:db8::1"),
        (b"2001:db8::1", "2001:db8::1"),
        (b"unknown", "127.0.0.1"),
        (b"192.0.2.1,", "127.0.0.1"),
        (b"[", "127.0.0.1"),
        (b"\xff", "127.0.0.1"),
        (b"", "127.0.0.1"),
    ],
)
def test_the_last_address_is_believed_which_the_proxy_has_appended(said: bytes, address: str):
    assert seen((b"x-forwarded-for", said))[0] == address
    assert seen((b"x-forwarded-for", b"9.9.9.9"), (b"x-forwarded-for", said))[0] == address


def test_without_a_word_of_the_proxy_it_is_the_proxy():
    assert seen() == ("127.0.0.1", "http")


@pytest.mark.parametrize(
    ("said", "scheme"), [(b"https", "https"), (b"HTTP", "http"), (b"ftp", "http")]
)
def test_the_proxy_says_whether_it_came_by_tls(said: bytes, scheme: str):
    assert seen((b"x-forwarded-proto", said))[1] == scheme
