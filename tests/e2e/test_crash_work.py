"""The server is killed between its word and its deed: what was accepted is carried out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.raw import SUBSCRIPTION, Answer, Raw
from tests.running import Running, running

pytestmark = pytest.mark.timeout(120)

GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-churn-dev"
SPACES = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces"
SPACE = f"{SPACES}/mlw-churn-dev"
GRANTS = f"{SPACE}/providers/Microsoft.Authorization/roleAssignments"


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("estate") / "data") as one:
        # The next start is not to put back what is deleted here.
        one.file = None
        yield one


def ask(estate: Running, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
    raw = Raw(estate)
    try:
        return raw.ask(method, path, body)
    finally:
        raw.close()


def accepted_then_killed(
    estate: Running, method: str, path: str, body: dict[str, Any] | None = None
) -> Answer:
    raw = Raw(estate)
    answer = raw.ask(method, path, body)
    estate.kill_api()
    raw.close()
    estate.start()
    return answer


def eventually(holds: Callable[[], object], what: str) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until, f"not within 20 s: {what}"
        time.sleep(0.05)


@pytest.mark.parametrize("number", range(3))
def test_a_cluster_that_was_accepted_is_made(estate: Running, number: int) -> None:
    path = f"{SPACE}/computes/cluster-{number}"
    inner = {
        "vmSize": "Standard_DS3_v2",
        "scaleSettings": {
            "minNodeCount": 0,
            "maxNodeCount": 1,
            "nodeIdleTimeBeforeScaleDown": "PT60S",
        },
    }
    said = {"computeType": "AmlCompute", "properties": inner}
    body = {"location": "westeurope", "properties": said}
    answer = accepted_then_killed(estate, "PUT", path, body)
    assert answer.status == 201, answer

    def state() -> str:
        return str(ask(estate, "GET", path).json()["properties"]["provisioningState"])

    eventually(lambda: state() == "Succeeded", "the cluster is made")
    poll = answer.headers["azure-asyncoperation"].partition(str(estate.port))[2]
    eventually(lambda: ask(estate, "GET", poll).json()["status"] == "Succeeded", "and said so")


def test_a_workspace_whose_deletion_was_accepted_goes_with_all_that_sat_on_it(
    estate: Running,
) -> None:
    space = ask(estate, "GET", SPACE).json()
    grants = [one["id"] for one in ask(estate, "GET", GRANTS).json()["value"]]
    below = [one for one in grants if one.lower().startswith(SPACE.lower())]
    if not below:
        below = [make_grant(estate)]
    answer = accepted_then_killed(estate, "DELETE", SPACE)
    assert answer.status == 202, answer
    eventually(lambda: ask(estate, "GET", SPACE).status == 404, "the workspace is gone")
    poll = answer.headers["azure-asyncoperation"].partition(str(estate.port))[2]
    eventually(lambda: ask(estate, "GET", poll).json()["status"] == "Succeeded", "and said so")
    # A namesake starts with nobody's rights.
    kept = {name: space[name] for name in ("location", "identity", "sku", "kind", "tags")}
    stands_on = ("storageAccount", "keyVault", "applicationInsights")
    said = {name: space["properties"][name] for name in stands_on}
    assert ask(estate, "PUT", SPACE, {**kept, "properties": said}).good
    for one in below:
        assert ask(estate, "GET", one).status == 404


def make_grant(estate: Running) -> str:
    users = ask(estate, "GET", "/estate/v1/users").json()["value"]
    role = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    said = {"roleDefinitionId": role, "principalId": users[0]["objectId"], "principalType": "User"}
    path = f"{GRANTS}/11111111-2222-4333-8444-555555555555"
    assert ask(estate, "PUT", path, {"properties": said}).good
    return path
