"""Many PUTs at once, as the client sends them and understands their answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mlestate.client.client import Client
from mlestate.client.tokens import FixedToken
from mlestate.core.errors import Conflict, Forbidden, PlatformError, Unavailable
from tests.estate_server import Estate, refused, serving

GROUP = "/subscriptions/s/resourceGroups/g"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/w"


@pytest.fixture
def estate() -> Estate:
    made = Estate()
    made.accepted.add("known")
    return made


@pytest.fixture
def client(estate: Estate) -> Iterator[Client]:
    with serving(estate) as origin, Client(origin, FixedToken("known")) as client:
        yield client


def puts(count: int) -> list[tuple[str, Any]]:
    return [(f"/estate/v1/users/u{n}", {"displayName": f"Person {n}"}) for n in range(count)]


def posts(estate: Estate) -> int:
    return estate.requests.count(("POST", "/estate/v1/resources"))


def test_answers_are_in_the_order_of_the_puts(client: Client, estate: Estate):
    answers = client.put_many(puts(500))
    assert [each["id"] for each in answers] == [id for id, _ in puts(500)]  # type: ignore[index]
    assert posts(estate) == 3
    assert len(estate.puts) == 500


def test_a_large_body_goes_alone(client: Client, estate: Estate):
    large = [(id, {"displayName": "x" * (3 << 20)}) for id, _ in puts(2)]
    assert len(client.put_many(large)) == 2
    assert posts(estate) == 2


def test_one_refusal_is_given_and_the_others_are_done(client: Client, estate: Estate):
    estate.script("PUT", "/estate/v1/users/u1", refused(403, "AuthorizationFailed", "not yours"))
    first, second, third = client.put_many(puts(3))
    assert isinstance(second, Forbidden)
    assert (second.code, str(second)) == ("AuthorizationFailed", "not yours")
    assert not isinstance(first, PlatformError)
    assert not isinstance(third, PlatformError)


def test_a_request_that_is_refused_is_refused_for_each(client: Client, estate: Estate):
    estate.script("POST", "/estate/v1/resources", refused(503, "ServerBusy", "later"))
    answers = client.put_many(puts(2))
    assert [type(each) for each in answers] == [Unavailable, Unavailable]


def test_what_the_server_goes_on_with_is_awaited_together(client: Client, estate: Estate):
    estate.slow_polls = 3
    many = [(f"{WORKSPACE}{n}", {"location": "here"}) for n in range(4)]
    assert len(client.put_many(many)) == 4
    assert estate.requests.count(("GET", "/estate/v1/operations")) == 3


def test_work_that_failed_is_told_of_its_own_put(client: Client, estate: Estate):
    estate.slow_polls = 1
    failed = {"status": "Canceled", "error": {"code": "Stopped", "message": "was stopped"}}
    estate.script("GET", "/estate/v1/operations", (200, {"value": [{"id": "/0", **failed}]}, {}))
    answers = client.put_many([*puts(1), (WORKSPACE, {"location": "here"})])
    assert not isinstance(answers[0], PlatformError)
    assert isinstance(answers[1], Conflict)
    assert str(answers[1]) == "was stopped"


def test_many_ids_are_looked_up_in_few_requests(client: Client, estate: Estate):
    client.put_many(puts(100))
    estate.requests.clear()
    asked = [*(id.upper() for id, _ in puts(100)), "/estate/v1/users/nobody"]
    assert set(client.get_many(asked)) == {id for id, _ in puts(100)}
    assert len(estate.requests) == 3
