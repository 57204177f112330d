"""No webhook tells more than whoever wrote it may read, at the moment when it would be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mlestate.control.courier import Courier
from tests.access.asking import Request
from tests.access.told import HOOKS, carry, courier_of, deliveries, hook, model
from tests.access.two_workspaces import CONTRIBUTOR, A, B, Two
from tests.receiver import Receiver, receiver

SVC = "svc"
GONE = "who wrote the webhook is not there any more, or disabled"
HIDDEN = "who wrote the webhook may not read it"


@pytest.fixture
def heard() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def courier(fresh: Two) -> Iterator[Courier]:
    """There is a program, a Contributor of the whole estate."""
    fresh.ids[SVC] = fresh.enter("servicePrincipals", SVC)
    fresh.bo.secrets.append(fresh.grant("", CONTRIBUTOR, fresh.ids[SVC]))
    with courier_of(fresh) as found:
        yield found


def deny(two: Two, scope: str, who: str = SVC, action: str = "*") -> str:
    id = f"{scope}/providers/Mlestate.Organization/denials/no-{who}"
    principals = [{"id": two.ids[who], "type": "ServicePrincipal"}]
    said = {"permissions": [{"actions": [action]}], "principals": principals}
    two.made("admin", Request("PUT", id, {"properties": said}))
    return id


def subjects(heard: Receiver) -> list[str]:
    return [event["source"] for event in heard.events()]


def test_a_webhook_tells_nothing_that_a_denial_hides_from_its_writer(
    fresh: Two, heard: Receiver, courier: Courier
):
    deny(fresh, A.group)
    assert fresh.get(SVC, A.workspace).code == "DenyAssignmentAuthorizationFailed"
    events = ["*.ModelRegistered", "*.ResourceWriteSuccess"]
    assert hook(fresh, heard, who=SVC, scopes=["/"], events=events).status == 201
    carry(courier)
    heard.got.clear()
    model(fresh, 1, A, "bo")
    model(fresh, 1, B, "eve")
    carry(courier)
    told = b"".join(one.body for one in heard.got).decode()
    assert B.mark in told
    assert A.mark not in told
    shown = {row["resource"] for row in deliveries(fresh, who=SVC)}
    assert any(B.mark in one for one in shown)
    assert not any(A.mark in one for one in shown)
    # Who may read it is told what became of it.
    kept = [row for row in deliveries(fresh) if A.mark in row["resource"]]
    assert {(row["state"], row["answer"]) for row in kept} == {("SetAside", HIDDEN)}


def drop_role(two: Two) -> None:
    two.made("admin", Request("DELETE", two.bo.secrets[-1]))


def disable(two: Two) -> None:
    address = f"/estate/v1/servicePrincipals/{SVC}"
    two.made("admin", Request("PUT", address, {"enabled": False}))


def delete(two: Two) -> None:
    two.made("admin", Request("DELETE", f"/estate/v1/servicePrincipals/{SVC}"))


def come_again(two: Two) -> None:
    """The program goes, and comes with the same object id and role."""
    delete(two)
    two.clock.ahead += 2.0
    body = {"objectId": two.ids[SVC]}
    two.made("admin", Request("PUT", f"/estate/v1/servicePrincipals/{SVC}", body))
    two.grant("", CONTRIBUTOR, two.ids[SVC])


def deny_there(two: Two) -> None:
    deny(two, A.workspace)


def deny_one_kind(two: Two) -> None:
    deny(two, A.workspace, action="Microsoft.MachineLearningServices/workspaces/models/*/read")


@pytest.mark.parametrize(
    ("lose", "why"),
    [
        (drop_role, HIDDEN),
        (disable, GONE),
        (delete, GONE),
        (come_again, GONE),
        (deny_there, HIDDEN),
        (deny_one_kind, HIDDEN),
    ],
)
def test_what_its_writer_may_not_read_any_more_is_withheld(
    fresh: Two, heard: Receiver, courier: Courier, lose: Callable[[Two], None], why: str
):
    hook(fresh, heard, who=SVC, events=["*.ModelRegistered"])
    model(fresh, 1, A, "bo")
    carry(courier)
    assert subjects(heard) == [A.workspace]
    model(fresh, 2, A, "bo")  # waits already when the right is lost
    lose(fresh)
    carry(courier)
    assert subjects(heard) == [A.workspace]
    assert deliveries(fresh)[0]["answer"] == why
    # Whoever may read it writes the webhook anew, and hears what was set aside.
    hook(fresh, heard, events=["*.ModelRegistered"])
    fresh.made("admin", Request("POST", f"{HOOKS}/hub/redeliver", {}))
    fresh.work()
    carry(courier)
    assert subjects(heard) == [A.workspace, A.workspace]


def test_a_writer_who_became_a_guest_hears_of_their_project_alone(
    fresh: Two, heard: Receiver, courier: Courier
):
    fresh.ids["ann"] = fresh.person("ann")
    fresh.grant("", CONTRIBUTOR, fresh.ids["ann"])
    hook(fresh, heard, who="ann", events=["*.ModelRegistered"])
    fresh.invite("ann", B.group)
    model(fresh, 1, A, "bo")
    model(fresh, 1, B, "eve")
    carry(courier)
    assert subjects(heard) == [B.workspace]


def test_what_is_a_persons_own_is_told_to_nobody(fresh: Two, heard: Receiver, courier: Courier):
    hook(fresh, heard, events=["*.ResourceWriteSuccess"])
    mine = f"/providers/Mlestate.Organization/people/{fresh.ids['eve']}/savedViews/mine"
    fresh.put(mine, {"properties": {"filter": "name = 'x'"}}, "eve")
    assert fresh.get("admin", mine).status == 403
    carry(courier)
    assert mine not in [event["subject"] for event in heard.events()]


def test_who_did_what_takes_the_right_to_read_the_activity_log(
    fresh: Two, heard: Receiver, courier: Courier
):
    hook(fresh, heard, who=SVC, events=["*.ModelRegistered", "*.ResourceWriteSuccess"])
    deny(fresh, B.group, action="Microsoft.Insights/eventtypes/values/read")
    carry(courier)
    heard.got.clear()
    model(fresh, 1, B, "eve")
    carry(courier)
    told: list[Any] = [event["type"].rpartition(".")[2] for event in heard.events()]
    assert "ModelRegistered" in told
    assert B.mark not in "".join(e["subject"] for e in heard.events("ResourceWriteSuccess"))
    assert hook(fresh, heard, who=SVC, scopes=[B.group]).status == 403
