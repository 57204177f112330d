"""The table of operations against the handlers, and against strangers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from mlestate.api.blob.app import HANDLERS
from mlestate.api.blob.rules import RULES, UNKNOWN, Level
from tests.blob_house import House

PATHS = {Level.SERVICE: "", Level.CONTAINER: "/shared", Level.BLOB: "/shared/b"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    yield house
    house.close()


def ask(
    house: House,
    method: str,
    path: str,
    query: str,
    headers: dict[str, str],
    host: str = "localhost",
) -> tuple[int, dict[str, str], bytes]:
    """Without a server between."""
    sent: list[dict[str, Any]] = []
    pairs = {"host": host, **headers}
    scope = {
        "type": "http",
        "method": method,
        "scheme": "https",
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(k.encode(), v.encode()) for k, v in pairs.items()],
        "client": ("127.0.0.1", 1),
    }
    coming = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        return coming.pop() if coming else await asyncio.get_running_loop().create_future()

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    asyncio.run(house.app(scope, receive, send))
    told = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(event.get("body", b"") for event in sent[1:])


def test_every_operation_has_a_handler_and_every_handler_an_operation() -> None:
    known = {rule.operation for rule in RULES.values()} | {UNKNOWN.operation, "get_account_info"}
    assert known == set(HANDLERS)


def test_every_rule_names_an_action_or_is_checked_elsewhere() -> None:
    for rule in RULES.values():
        assert rule.action.startswith("Microsoft.Storage/") or rule.operation == "batch"
        assert rule.data == ("/blobs/" in rule.action)


@pytest.mark.parametrize("key", RULES, ids=str)
@pytest.mark.parametrize(
    ("who", "status"),
    [(None, 401), ("Bearer nobody", 401), ("Bearer stranger", 403), ("Basic x", 401)],
)
def test_no_operation_is_open_to_strangers(
    house: House, key: tuple[Level, str, str, str], who: str | None, status: int
) -> None:
    level, method, restype, comp = key
    headers = {"authorization": who} if who else {}
    for account in ("open", "shut", "nobody"):
        answer, told, _ = ask(
            house,
            method,
            f"/_blob/{account}{PATHS[level]}",
            f"restype={restype}&comp={comp}",
            headers,
        )
        assert (answer, bool(told["x-ms-error-code"])) == (status, True)


@pytest.mark.parametrize("query", ["comp=nonsense", "snapshot=2026-01-01", "versionid=1"])
def test_what_we_do_not_know_is_refused_after_we_know_who_asks(house: House, query: str) -> None:
    assert ask(house, "GET", "/_blob/open/c/b", query, {})[0] == 401
    status, told, body = ask(
        house, "GET", "/_blob/open/c/b", query, {"authorization": "Bearer owner"}
    )
    assert (status, told["x-ms-error-code"]) == (400, "UnsupportedQueryParameter")
    assert b"<Code>UnsupportedQueryParameter</Code>" in body


@pytest.mark.parametrize("header", ["x-ms-if-tags", "x-ms-encryption-key", "x-ms-legal-hold"])
def test_a_header_that_we_would_have_to_ignore_is_refused(house: House, header: str) -> None:
    headers = {"authorization": "Bearer owner", header: "x"}
    status, told, _ = ask(house, "GET", "/_blob/open/c/b", "", headers)
    assert (status, told["x-ms-error-code"]) == (400, "UnsupportedHeader")


def test_an_account_is_reached_by_its_own_host(house: House) -> None:
    owner = {"authorization": "Bearer owner", "x-ms-blob-type": "BlockBlob"}
    host = "open.blob.example.org:8443"
    assert ask(house, "PUT", "/hosted", "restype=container", owner, host)[0] == 201
    assert ask(house, "PUT", "/hosted/a%20b", "", owner, host)[0] == 201
    assert ask(house, "GET", "/_blob/open/hosted/a%20b", "", owner)[0] == 200
    assert ask(house, "GET", "/hosted/a%20b", "", owner, "other.example.org")[0] == 403


def test_tags_with_a_write_need_the_right_to_tags(house: House) -> None:
    owner = {"authorization": "Bearer owner"}
    ask(house, "PUT", "/_blob/open/tagged", "restype=container", owner)
    write = {"x-ms-blob-type": "BlockBlob", "x-ms-tags": "a=1"}
    for who, status in (("contributor", 403), ("owner", 201)):
        headers = {"authorization": f"Bearer {who}"} | write
        assert ask(house, "PUT", "/_blob/open/tagged/b", "", headers)[0] == status


def test_a_client_that_leaves_in_the_middle_leaves_nothing(house: House) -> None:
    sent: list[object] = []
    scope = {
        "type": "http",
        "method": "PUT",
        "scheme": "https",
        "raw_path": b"/_blob/open/tagged/half",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer owner"), (b"x-ms-blob-type", b"BlockBlob")],
        "client": ("127.0.0.1", 1),
    }
    coming = [{"type": "http.disconnect"}] + [
        {"type": "http.request", "body": b"x" * (1 << 20), "more_body": True}
    ] * 5

    async def receive() -> dict[str, Any]:
        return coming.pop()

    async def send(event: object) -> None:
        sent.append(event)

    asyncio.run(house.app(scope, receive, send))
    assert sent == []
    bodies: Any = house.cells["west"].bodies
    assert bodies.unfinished() == []
