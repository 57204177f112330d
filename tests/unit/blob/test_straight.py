"""Large bodies, straight from the socket into buffers. A real server: it is about sockets."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from mlestate.blob import containers, reading
from mlestate.blob.cell import Place
from tests import blob_house
from tests.blob_house import House

ODD = (5 << 20) + 12_345
HEADERS = {"Authorization": "Bearer owner", "x-ms-blob-type": "BlockBlob"}


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


@pytest.fixture
def connection(port: int) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    yield connection
    connection.close()


def put(connection: HTTPConnection, name: str, data: Any, **headers: str) -> HTTPResponse:
    path = f"/_blob/open/box/{name}"
    connection.request("PUT", path, data, HEADERS | headers)
    answer = connection.getresponse()
    answer.read()
    return answer


def stored(house: House, name: str) -> bytes:
    return reading.read(house.cells["west"], Place("open", "box", name))


@pytest.mark.parametrize("size", [600 << 10, 1 << 20, (1 << 20) + 1, 4 << 20, ODD])
def test_bodies_of_any_size_come_whole_over_one_connection(
    house: House, connection: HTTPConnection, size: int
) -> None:
    for i in range(3):
        data = os.urandom(size)
        answer = put(connection, str(i), data)
        assert answer.status == 201
        assert (
            answer.headers["Content-MD5"] == base64.b64encode(hashlib.md5(data).digest()).decode()
        )
        assert stored(house, str(i)) == data
        assert put(connection, "small", b"small").status == 201


def test_a_body_in_chunks_of_unsaid_length_comes_whole(
    house: House, connection: HTTPConnection
) -> None:
    data = os.urandom(ODD)
    assert put(connection, "b", (data[i : i + 77_777] for i in range(0, ODD, 77_777))).status == 201
    assert stored(house, "b") == data


def test_a_request_that_follows_at_once_is_answered_after_it(house: House, port: int) -> None:
    data = os.urandom(ODD)
    head = (
        "PUT /_blob/open/box/{} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer owner\r\n"
        "x-ms-blob-type: BlockBlob\r\ncontent-length: {}\r\n{}\r\n"
    )
    first = head.format("one", ODD, "").encode() + data
    second = head.format("two", ODD, "connection: close\r\n").encode() + data[::-1]
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        client.sendall(first + second)
        answers = b"".join(iter(lambda: client.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 201") == 2
    assert (stored(house, "one"), stored(house, "two")) == (data, data[::-1])


def test_a_body_that_is_refused_leaves_the_connection_usable(
    house: House, connection: HTTPConnection
) -> None:
    wrong = base64.b64encode(b"0" * 16).decode()
    assert put(connection, "b", os.urandom(ODD), **{"content-md5": wrong}).status == 400
    assert put(connection, "b", b"again").status == 201
    assert stored(house, "b") == b"again"


def test_a_disk_that_fails_is_said_and_the_connection_stays_usable(
    house: House, connection: HTTPConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("mlestate.blob.folder._write_all", full)
        assert put(connection, "b", os.urandom(ODD)).status == 500
    assert put(connection, "b", b"again").status == 201


def test_a_client_that_leaves_in_the_middle_leaves_nothing(house: House, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        client.sendall(
            b"PUT /_blob/open/box/b HTTP/1.1\r\nhost: h\r\nauthorization: Bearer owner\r\n"
            b"x-ms-blob-type: BlockBlob\r\ncontent-length: 9000000\r\n\r\n" + bytes(6_000_000)
        )
        bodies: Any = house.cells["west"].bodies
        eventually(lambda: bodies.unfinished() != [])
    eventually(lambda: bodies.unfinished() == [])


def eventually(true: Any) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
