"""What a plan says that the server will refuse is what the server refuses, type by type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mlestate.catalog import CATALOG
from mlestate.estate.desired import Desired
from mlestate.estate.planning.obstacles import obstacle
from tests.access.asking import Request
from tests.access.two_workspaces import Two

SET_ONCE = {"PropertyChangeNotAllowed", "InvalidResourceLocation"}
# What others in the estate hang on: changed, they would be in the way of all that follow.
KEPT = {
    "Microsoft.Resources/subscriptions",
    "Microsoft.Authorization/locks",
    "Microsoft.Authorization/roleAssignments",
    "Mlestate.Organization/namingConventions",
}
OTHER = {"Standard_DS3_v2": "Standard_DS4_v2", "westeurope": "eastus", "AmlCompute": "Kubernetes"}


def changed(body: Any) -> Iterator[Any]:
    """The body, each time with one leaf that is another."""
    if isinstance(body, dict):
        for key, value in body.items():
            yield from ({**body, key: other} for other in changed(value))
    elif isinstance(body, list):
        yield from ([other] for each in body[:1] for other in changed(each))
    elif isinstance(body, bool):
        yield not body
    elif isinstance(body, int):
        yield from (body + 1, 10**6)
    elif isinstance(body, str):
        yield OTHER.get(body, f"{body}x")


@pytest.mark.parametrize("kind", [kind.name for kind in CATALOG if kind.name not in KEPT])
def test_the_plan_and_the_server_refuse_the_same_changes(two: Two, kind: str):
    id, body = two.bo.documents[kind]
    for other in changed(body):
        actual = two.get("admin", id).json()
        told = obstacle(Desired(id=id, type=kind, body=other), actual)
        answer = two.ask("admin", Request("PUT", id, other))
        two.work()
        if told:
            assert answer.status >= 400, f"{other}: {told}"
        if answer.code in SET_ONCE:
            assert told, f"{other}: {answer.text}"
