"""Plain http through the proxy: one request a connection, and no way to hide another in it."""

from __future__ import annotations

import re
import socket

import pytest

from mlestate.client.forward.request import Request
from tests.unit.client.forward.conftest import Street, Talk, exactly, head, known

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def hearing(heard: list[bytes], size: int = 0) -> Talk:
    """Answers one request whose body is of that size; then hears what else there is."""

    def talk(connection: socket.socket) -> None:
        heard.append(head(connection))
        heard.append(exactly(connection, size))
        connection.sendall(OK)
        connection.shutdown(socket.SHUT_WR)
        heard.append(exactly(connection, 1))

    return talk


def asked(url: str, lines: str = "", method: str = "GET") -> bytes:
    return f"{method} {url} HTTP/1.1\r\nHost: elsewhere\r\n{known()}{lines}\r\n".encode()


def test_a_site_is_asked_as_if_there_were_no_proxy(street: Street):
    heard: list[bytes] = []
    port = street.site(hearing(heard)).port
    lines = "Accept: x\r\nProxy-Connection: keep-alive\r\nConnection: X-hop\r\nX-hop: 1\r\n"
    said = street.ask(asked(f"http://localhost:{port}/a?b=c#d", lines))
    assert said == OK
    assert heard[0].decode() == (
        f"GET /a?b=c HTTP/1.1\r\nHost: localhost:{port}\r\nAccept: x\r\nConnection: close\r\n\r\n"
    )


def test_a_body_is_streamed_whole(street: Street):
    body = bytes(range(256)) * 40_000
    heard: list[bytes] = []
    port = street.site(hearing(heard, len(body))).port
    lines = f"Content-Length: {len(body)}\r\n"
    assert street.ask(asked(f"http://localhost:{port}/", lines, "PUT") + body) == OK
    assert heard[1] == body


def test_a_body_in_chunks_stays_one(street: Street):
    heard: list[bytes] = []
    sent = b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    port = street.site(hearing(heard, len(sent))).port
    lines = "Transfer-Encoding: chunked\r\n"
    assert street.ask(asked(f"http://localhost:{port}/", lines, "POST") + sent) == OK
    assert b"Transfer-Encoding: chunked\r\n" in heard[0]
    assert heard[1] == sent


def test_a_request_is_the_same_in_whatever_pieces_it_comes():
    lines = "Transfer-Encoding: chunked\r\nX-one: a b\r\n"
    sent = asked("http://site.example/a?b", lines, "POST") + b"5\r\nhello\r\n0\r\n\r\nmore"
    for cut in range(1, len(sent)):
        request = Request()
        request.feed(sent[:cut])
        body = request.take()
        request.feed(sent[cut:])
        body += request.take()
        head = request.head("/a?b", "site.example", "")
        assert head.endswith(
            b"Transfer-Encoding: chunked\r\nX-one: a b\r\nConnection: close\r\n\r\n"
        )
        assert request.target == "http://site.example/a?b"
        chunks = re.findall(rb"[0-9a-f]+\r\n(.*?)\r\n", body)
        assert (b"".join(chunks), body[-5:]) == (b"hello", b"0\r\n\r\n")


def test_who_waits_to_be_told_to_go_on_is_told(street: Street):
    def talk(connection: socket.socket) -> None:
        head(connection)
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert exactly(connection, 4) == b"body"
        connection.sendall(OK)

    port = street.site(talk).port
    lines = "Content-Length: 4\r\nExpect: 100-continue\r\n"
    with street.dial() as connection:
        connection.sendall(asked(f"http://localhost:{port}/", lines, "PUT"))
        assert head(connection).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"body")
        assert head(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: +4\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "X: a\rX-b: c\r\n",
        "X : a\r\n",
        "X\x00: a\r\n",
    ],
)
def test_what_two_servers_may_read_in_two_ways_reaches_none(street: Street, lines: str):
    heard: list[bytes] = []
    port = street.site(hearing(heard)).port
    said = street.ask(asked(f"http://localhost:{port}/", lines, "POST") + b"0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 400 ")
    assert heard == []


def test_a_second_request_on_the_connection_does_not_reach_the_first_ones_host(street: Street):
    heard: list[bytes] = []
    site = street.site(hearing(heard))
    second = asked("http://other.invalid/secret", "X-secret: 1\r\n", "PUT")
    assert street.ask(asked(f"http://localhost:{site.port}/") + second) == OK
    site.close()
    assert heard[0].startswith(b"GET / HTTP/1.1\r\n")
    assert b"secret" not in heard[0]
    assert b"".join(heard[1:]) == b""


def test_a_name_of_azures_is_not_asked_in_the_clear(street: Street):
    said = street.ask(asked("http://stexplore1.blob.core.windows.net/c/b?sig=x"))
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"over https alone" in said


def test_the_machines_own_proxy_is_asked_for_the_whole_address(street: Street):
    heard: list[bytes] = []
    port = street.site(hearing(heard)).port
    street.environment = {"http_proxy": f"http://me:word@localhost:{port}"}
    assert street.ask(asked("http://site.example/a")) == OK
    assert heard[0].startswith(b"GET http://site.example/a HTTP/1.1\r\nHost: site.example\r\n")
    assert known("me:word").encode() in heard[0]
    assert known().encode() not in heard[0]


def test_a_site_that_is_not_there_is_a_bad_gateway(street: Street):
    said = street.ask(asked("http://nowhere.invalid/"))
    assert said.startswith(b"HTTP/1.1 502 ")
