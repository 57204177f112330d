"""The addresses that agents call, over ASGI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient

from mlestate.api.agents import ACTION, Agents
from mlestate.api.http import LARGEST_BODY
from mlestate.core.access import Caller, Grant, Permission, Rights, Role
from mlestate.core.errors import Forbidden, Invalid, PlatformError, Unauthenticated
from mlestate.runtime.protocol import Claim, Claimed, Renew, Renewed, Report, Reported

STATUS = {Unauthenticated: 401, Forbidden: 403, Invalid: 400}


class Dispatch:
    def __init__(self) -> None:
        self.asked: list[tuple[str, object]] = []

    def claim(self, region: str, request: Claim) -> Claimed:
        self.asked.append((region, request))
        return Claimed()

    def renew(self, region: str, request: Renew) -> Renewed:
        self.asked.append((region, request))
        return Renewed()

    def report(self, region: str, report: Report) -> Reported:
        self.asked.append((region, report))
        return Reported(accepted=True)


def authenticate(headers: Mapping[str, str]) -> Caller:
    actions = {"Bearer agent": (ACTION,), "Bearer reader": ("*/read",)}
    held = actions.get(headers.get("authorization", ""))
    if held is None:
        raise Unauthenticated("Who are you?")
    role = Role("r", "r", (Permission(actions=held),))
    return Caller("x", "x", "ServicePrincipal", Rights([Grant("/", role)]))


def refuse(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, STATUS[type(error)])


@pytest.fixture
def dispatch() -> Dispatch:
    return Dispatch()


@pytest.fixture
def client(dispatch: Dispatch) -> Iterator[TestClient]:
    routes = Agents(authenticate, dispatch).routes()
    with TestClient(Starlette(routes=routes, exception_handlers={PlatformError: refuse})) as client:
        client.headers["authorization"] = "Bearer agent"
        yield client


def test_a_message_reaches_its_region(client: TestClient, dispatch: Dispatch) -> None:
    answer = client.post("/estate/v1/agents/westeurope/claim", json={"node": "n", "free": 2})
    assert (answer.status_code, answer.json()) == (200, {})
    assert dispatch.asked == [("westeurope", Claim("n", 2))]


def test_a_report_is_answered(client: TestClient) -> None:
    body = {"job": "j", "fence": 1, "state": "Running", "node": "n", "exitCode": None}
    answer = client.post("/estate/v1/agents/westeurope/report", json=body)
    assert answer.json() == {"accepted": True}


@pytest.mark.parametrize(("token", "status"), [("Bearer reader", 403), ("", 401)])
@pytest.mark.parametrize("verb", ["claim", "renew", "report"])
def test_nobody_else_may_lease(
    client: TestClient, dispatch: Dispatch, token: str, status: int, verb: str
) -> None:
    url = f"/estate/v1/agents/westeurope/{verb}"
    # Not even told that the message is wrong.
    answer = client.post(url, content=b"{", headers={"authorization": token})
    assert answer.status_code == status
    assert dispatch.asked == []


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'{"node": 3}', b"[]"])
def test_a_message_that_is_not_understood_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/estate/v1/agents/westeurope/claim", content=body)
    assert answer.status_code == 400
    assert "not understood" in answer.json()["error"]["message"]


def test_a_message_without_end_is_refused(client: TestClient, dispatch: Dispatch) -> None:
    answer = client.post(
        "/estate/v1/agents/westeurope/claim", content=b'{"node": "%b' % (b"n" * LARGEST_BODY)
    )
    assert answer.status_code == 413
    assert dispatch.asked == []


def test_what_a_newer_agent_adds_is_ignored(client: TestClient, dispatch: Dispatch) -> None:
    body = {"node": "n", "free": 1, "somethingNew": [1]}
    assert client.post("/estate/v1/agents/westeurope/claim", json=body).status_code == 200
    assert len(dispatch.asked) == 1
