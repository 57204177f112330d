"""What anybody may send before they are known. A real server: it is about sockets."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from mlestate.api import bounded
from mlestate.api.bounded import LARGEST_HEAD, MOST_LINES, MOST_WAITING
from mlestate.blob import blobs, containers, reading
from mlestate.blob.cell import Place
from mlestate.core.errors import NotFound
from tests import blob_house
from tests.blob_house import House

GET = b"GET /_blob/open HTTP/1.1\r\nhost: h\r\n"
CLOSE = b"connection: close\r\n\r\n"
SMALL = b"GET /_blob/open HTTP/1.1\r\nhost: h\r\n\r\n"
PUT = (
    b"PUT /_blob/open/box/b HTTP/1.1\r\nhost: h\r\nauthorization: Bearer owner\r\n"
    b"x-ms-blob-type: BlockBlob\r\ntransfer-encoding: chunked\r\n\r\n"
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    containers.create(house.cells["west"], "open", "box")
    yield house
    house.close()


@pytest.fixture
def port(house: House) -> Iterator[int]:
    with blob_house.serving(house) as url:
        yield int(url.rpartition(":")[2])


def send(port: int, *pieces: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), 20)
    for piece in pieces:
        try:
            client.sendall(piece)
        except OSError:  # it was closed already; what it said can be read all the same
            break
    return client


def told(port: int, *pieces: bytes) -> tuple[int, bool]:
    """The status of the first answer, and whether the server closes then."""
    with send(port, *pieces) as client:
        answer = HTTPResponse(client)
        answer.begin()
        answer.read()
        return answer.status, answer.will_close


def statuses(port: int, *pieces: bytes) -> list[int]:
    """Of all answers, until the server closes."""
    with send(port, *pieces) as client:
        answers = b"".join(iter(lambda: client.recv(65536), b""))
    return [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", answers)]


def cut_off(port: int, *pieces: bytes) -> bool:
    """Whether the server closes, and says nothing."""
    with send(port, *pieces) as client:
        try:
            return client.recv(1) == b""
        except ConnectionResetError:
            return True


@pytest.mark.parametrize("piece", [1000, 16 << 10, 256 << 10])
@pytest.mark.parametrize(
    ("begin", "refused"), [(GET + b"x-a: ", 431), (GET, 431), (GET + b"x-a", 431), (b"GET /", 414)]
)
def test_a_head_without_end_is_refused_while_it_comes(
    port: int, begin: bytes, refused: int, piece: int
) -> None:
    status, closes = told(port, begin, *[b"a" * piece] * (3 * LARGEST_HEAD // piece + 1))
    # Of an address that came to no end the parser may not have told yet.
    assert status in (refused, 431)
    assert closes


def test_an_address_that_is_too_long_is_told_so(port: int) -> None:
    whole = b"GET /%b HTTP/1.1\r\nhost: h\r\n\r\n"
    assert told(port, whole % (b"a" * LARGEST_HEAD)) == (414, True)


def test_headers_are_bounded_in_size_and_number(port: int) -> None:
    large = b"x-a: " + b"a" * (LARGEST_HEAD // 2) + b"\r\n"
    assert told(port, GET + large + CLOSE) == (401, True)
    assert told(port, GET + large * 2 + CLOSE) == (431, True)
    assert told(port, GET + b"x-a: a\r\n" * (MOST_LINES - 10) + CLOSE) == (401, True)
    assert told(port, GET + b"x-a: a\r\n" * MOST_LINES + CLOSE) == (431, True)


def test_the_bound_holds_for_each_request_and_not_for_a_connection(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(4):
        connection.request("GET", "/_blob/open", headers={"x-a": "a" * (LARGEST_HEAD // 2)})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 401
    connection.close()


def test_nothing_between_two_requests_goes_on_without_end(port: int) -> None:
    assert told(port, *[b"\r\n" * 8000] * 12) == (431, True)


def test_what_is_no_part_of_a_chunked_body_is_bounded(port: int) -> None:
    padded = b"5;" + b"a" * 16_000
    assert told(port, PUT, padded, *[b"a" * 16_000] * 40) == (431, True)
    assert told(port, PUT, b"1\r\na\r\n0\r\n", *[b"x-a: a\r\n" * 100] * 8) == (431, True)


def test_trailers_are_read_over_and_are_no_headers(house: House, port: int) -> None:
    whole = PUT + b"1\r\na\r\n" * 30_000 + b"0\r\nx-ms-meta-late: 1\r\n\r\n"
    assert statuses(port, whole, GET + CLOSE) == [201, 401]
    place = Place("open", "box", "b")
    assert reading.read(house.cells["west"], place) == b"a" * 30_000
    assert blobs.get(house.cells["west"], place).metadata == {}


@pytest.mark.parametrize("begin", [b"", b"G", GET, b"\r\n"])
def test_a_head_that_does_not_come_is_not_awaited_for_ever(
    port: int, begin: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "HEAD_SECONDS", 0.3)
    begun = time.monotonic()
    assert told(port, begin) == (408, True) if begin else cut_off(port)
    assert time.monotonic() - begun < 10


def test_a_body_may_take_longer_than_a_head(
    port: int, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "HEAD_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        client.sendall(PUT)
        time.sleep(0.5)
        client.sendall(b"1\r\na\r\n0\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 201")


def test_so_many_requests_wait_in_one_connection_and_no_more(port: int) -> None:
    assert statuses(port, SMALL * 20 + GET + CLOSE) == [401] * 21
    found = statuses(port, SMALL * 20_000)
    assert found == [401] * (MOST_WAITING + 1) + [429]


@pytest.mark.parametrize(
    "bad", [b"garbage\r\n\r\n", b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"]
)
def test_what_came_whole_is_answered_before_what_follows_is_refused(port: int, bad: bytes) -> None:
    assert statuses(port, SMALL * 3 + bad + SMALL) == [401, 401, 401, 400]


@pytest.mark.parametrize(
    "bad",
    [
        b"transfer-encoding: xchunked\r\n\r\nabc",
        b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\ncontent-length: 1\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\nno number\r\n",
    ],
)
def test_a_body_that_cannot_be_read_is_refused_and_nothing_is_written(
    house: House, port: int, bad: bytes
) -> None:
    head = PUT.partition(b"transfer-encoding")[0]
    assert statuses(port, head + bad) == [400]
    assert statuses(port, SMALL * 2 + head + bad) == [401, 401, 400]
    with pytest.raises(NotFound):
        blobs.get(house.cells["west"], Place("open", "box", "b"))


UPGRADES = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQ\r\n"


@pytest.mark.parametrize("apart", [True, False])
def test_an_offer_of_another_protocol_changes_nothing_of_a_request(
    house: House, port: int, apart: bool
) -> None:
    body = b"GET /smuggled HTTP/1.1\r\nhost: h\r\nx-a: "
    sized = b"content-length: %d\r\n\r\n" % len(body)
    head = PUT.replace(b"transfer-encoding: chunked\r\n\r\n", UPGRADES + sized)
    rest = GET + UPGRADES + b"\r\n" + SMALL + GET + CLOSE
    pieces = (head, body, rest) if apart else (head + body + rest,)
    assert statuses(port, *pieces) == [201, 401, 401, 401]
    assert reading.read(house.cells["west"], Place("open", "box", "b")) == body


def test_a_tunnel_is_refused(port: int) -> None:
    assert statuses(port, b"CONNECT a:1 HTTP/1.1\r\nhost: h\r\n\r\nabc") == [400]
    offered = b"CONNECT /a HTTP/1.1\r\nhost: h\r\n" + UPGRADES + b"\r\nabc"
    assert statuses(port, offered)[-1] == 400


@pytest.mark.parametrize("rest", [b"0123456789", b"0123"])
def test_what_comes_after_its_answer_keeps_no_connection_open(house: House, rest: bytes) -> None:
    early = b"PUT /_blob/open/box/b HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\n"
    with (
        blob_house.serving(house, timeout_keep_alive=1) as url,
        send(int(url.rpartition(":")[2]), early) as client,
    ):
        assert client.recv(65536).startswith(b"HTTP/1.1 401")
        client.sendall(rest)
        assert client.recv(65536) == b""
