"""The client against a server of its own: what callers rely on when things go wrong."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlestate.client.client import Client, several
from mlestate.client.tokens import ClientCredentials, FixedToken
from mlestate.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    PlatformError,
    Unauthenticated,
    Unavailable,
)
from tests.estate_server import Estate, refused, serving
from tests.ports import free_port

THING = "/subscriptions/s/resourceGroups/g"


@pytest.fixture
def estate() -> Estate:
    return Estate()


@pytest.fixture
def client(estate: Estate) -> Iterator[Client]:
    with serving(estate) as origin, Client(origin, credentials()) as client:
        yield client


def credentials(secret: str = "s3cret") -> ClientCredentials:
    return ClientCredentials("t", "admin", secret)


def test_what_was_put_is_there_until_it_is_deleted(client: Client):
    client.put(THING, {"location": "westeurope"})
    found = client.get(THING)
    assert found is not None
    assert found["location"] == "westeurope"
    client.delete(THING)
    assert client.get(THING) is None


def test_many_threads_share_one_token(client: Client, estate: Estate):
    with several(8) as workers:
        list(workers(client.get, [f"/subscriptions/{i}" for i in range(30)]))
    assert estate.tokens_given == 1


def test_a_token_that_is_refused_is_replaced_once(client: Client, estate: Estate):
    client.get(THING)
    estate.accepted.clear()
    assert client.get(THING) is None
    assert estate.tokens_given == 2


def test_a_token_that_stays_refused_is_said_to_be(estate: Estate):
    with (
        serving(estate) as origin,
        Client(origin, FixedToken("x")) as client,
        pytest.raises(Unauthenticated, match="the token is not valid"),
    ):
        client.get(THING)


def test_a_wrong_secret_is_refused_in_the_servers_words(estate: Estate):
    with (
        serving(estate) as origin,
        Client(origin, credentials("wrong")) as client,
        pytest.raises(Unauthenticated, match="the secret is wrong") as caught,
    ):
        client.get(THING)
    assert caught.value.code == "invalid_client"


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Invalid), (403, Forbidden), (409, Conflict), (500, PlatformError)]
)
def test_a_refusal_is_raised_as_what_it_is(
    client: Client, estate: Estate, status: int, kind: type[PlatformError]
):
    details = [{"code": "Inner", "message": "deeper", "target": "$.x"}]
    estate.script("PUT", THING, refused(status, "Why", "because", target="y", details=details))
    with pytest.raises(kind, match="because") as caught:
        client.put(THING, {})
    assert (type(caught.value), caught.value.code, caught.value.target) == (kind, "Why", "y")
    assert [(str(d), d.code, d.target) for d in caught.value.details] == [
        ("deeper", "Inner", "$.x")
    ]


def test_an_answer_that_is_no_json_is_told_by_its_status(client: Client, estate: Estate):
    estate.script("GET", THING, (502, b"<html>", {}))
    with pytest.raises(Unavailable, match=f"GET {THING} was answered with 502"):
        client.get(THING)


def test_what_is_no_estate_is_said_to_be_none(client: Client, estate: Estate):
    client.get(THING)
    estate.script("GET", THING, (200, b"<html>", {}))
    with pytest.raises(Unavailable, match="answers with what is not JSON: is an estate there"):
        client.get(THING)
    with pytest.raises(Invalid, match="`localhost:8443` is no address"):
        Client("localhost:8443", FixedToken("x"))


def test_pages_are_followed_to_the_last(client: Client, estate: Estate):
    for i in range(5):
        client.put(f"/subscriptions/{i}", {})
    estate.page = 2
    assert sorted(client.snapshot(["x"])) == [f"/subscriptions/{i}" for i in range(5)]
    assert estate.requests.count(("GET", "/estate/v1/resources")) == 3


def test_a_put_waits_for_the_work_it_began(client: Client, estate: Estate):
    estate.slow_polls = 3
    made = client.put(f"{THING}/providers/N/workspaces/w", {"properties": {}})
    assert made["properties"]["provisioningState"] == "Succeeded"
    assert estate.requests.count(("GET", "/operations/0")) == 3


def test_work_that_failed_is_raised_with_its_reason(client: Client, estate: Estate):
    failed = {"status": "Failed", "error": {"code": "QuotaExceeded", "message": "no room"}}
    estate.script(
        "PUT", THING, (202, {}, {"azure-asyncoperation": "http://elsewhere/operations/9"})
    )
    estate.script("GET", "/operations/9", (200, failed, {}))
    with pytest.raises(PlatformError, match="no room") as caught:
        Client.put(_quick(client), THING, {})
    assert caught.value.code == "QuotaExceeded"


def test_a_link_to_another_host_is_followed_on_ours_alone(client: Client, estate: Estate):
    estate.script(
        "POST", f"{THING}/start", (202, None, {"location": "https://evil.example/operations/7"})
    )
    estate.script("GET", "/operations/7", (202, None, {"retry-after": "0"}), (200, {"ok": 1}, {}))
    assert _quick(client).post(f"{THING}/start") == {"ok": 1}


def test_a_resource_that_is_not_ready_is_asked_after_without_any_link(
    client: Client, estate: Estate
):
    running = {"properties": {"provisioningState": "Creating"}}
    estate.script("PUT", THING, (201, running, {"retry-after": "0"}))
    estate.script("GET", THING, (200, running, {"retry-after": "0"}), (200, {"properties": {}}, {}))
    assert client.put(THING, {}) == {"properties": {}}


def test_a_busy_server_is_asked_again_when_it_says(client: Client, estate: Estate):
    busy = (
        429,
        {"error": {"code": "TooManyRequests", "message": "slow down"}},
        {"retry-after": "0"},
    )
    estate.script("GET", THING, busy, busy, (200, {"id": THING}, {}))
    assert client.get(THING) == {"id": THING}


def test_a_busy_server_is_not_asked_for_ever(client: Client, estate: Estate):
    busy = (503, {"error": {"code": "ServerBusy", "message": "slow down"}}, {"retry-after": "0"})
    estate.script("GET", THING, *[busy] * 9)
    with pytest.raises(Unavailable, match="slow down"):
        client.get(THING)
    assert len(estate.answers["GET", THING]) == 4


def test_no_server_is_said_in_one_line():
    with (
        Client(f"http://127.0.0.1:{free_port()}", FixedToken("x")) as client,
        pytest.raises(Unavailable, match="start it with `mlestate up`"),
    ):
        client.get(THING)


def test_a_server_that_is_starting_is_waited_for(estate: Estate):
    # Starts a server while the client already asks: the one thing that takes real time here.
    port, up = free_port(), threading.Event()
    with Client(f"http://127.0.0.1:{port}", FixedToken("x"), patience=10) as client:
        tried: list[float] = []

        def pause(seconds: float) -> None:
            tried.append(seconds)
            up.set()
            time.sleep(seconds)

        client._wire.sleep = pause
        thread = threading.Thread(target=_serve_once, args=(port, up))
        thread.start()
        try:
            assert client.get(THING) == {}
        finally:
            thread.join()
    assert tried


def test_an_authority_that_is_not_ours_is_named_as_the_trouble(tmp_path: Path):
    from mlestate.client.wire import _distrusted

    assert _distrusted(OSError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"))
    with pytest.raises(Invalid, match=r"no-such\.pem"):
        Client("https://localhost:1", FixedToken("x"), tmp_path / "no-such.pem")


def _quick(client: Client) -> Client:
    client._wire.sleep = lambda _: None
    return client


def _serve_once(port: int, when: threading.Event) -> None:
    when.wait(10)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"
            )
