"""What takes a right to write takes as much to remove: of every type, by those who have less."""

from __future__ import annotations

import uuid

import pytest

from mlestate.catalog import CATALOG
from tests.access.asking import Request
from tests.access.team import Team
from tests.access.two_workspaces import AUTHORIZATION, CONTRIBUTOR, READER, A, B, Two, assigned

GLASS = "Mlestate.Organization/breakGlass"
_GIVING = f"{AUTHORIZATION}/roleAssignments"


def test_whoever_may_not_write_a_thing_does_not_remove_it(fresh: Two):
    """By a contributor of everything, for every type that there is."""
    fresh.grant("/", CONTRIBUTOR, fresh.ids["stranger"])
    refused = set()
    for kind, (id, body) in fresh.bo.documents.items():
        wrote = fresh.ask("stranger", Request("PUT", id, body))
        if wrote.status != 403:
            continue
        refused.add(kind)
        for method in ("DELETE", "PATCH"):
            answer = fresh.ask("stranger", Request(method, id, body))
            assert answer.status == 403, (method, id, answer.text)
    extensions = {kind.name for kind in CATALOG if kind.extension and not kind.made_by}
    assert extensions - refused == {"Mlestate.Organization/savedViews"}


def test_a_contributor_takes_no_emergency_access_away(team: Team):
    team.put(
        f"{A.group}/providers/{_GIVING}/{uuid.uuid4()}",
        {"properties": assigned(CONTRIBUTOR, team.ids["sam"])},
    )
    id = f"{A.group}/providers/{GLASS}/{uuid.uuid4()}"
    body = {"properties": assigned(READER, team.ids["mia"])}
    team.put(id, body)
    for method, verb in (("PUT", "write"), ("PATCH", "write"), ("DELETE", "delete")):
        refused = team.ask("sam", Request(method, id, body))
        assert (refused.status, refused.code) == (403, "AuthorizationFailed"), refused.text
        assert f"`{_GIVING}/{verb}` over scope `{A.group}`" in refused.text
        # Whether there is one or not.
        absent = f"{id[:-36]}{uuid.uuid4()}"
        assert team.ask("sam", Request(method, absent, body)).code == refused.code
    broken = team.asks("mia", linkedRoleEligibilityScheduleId=id)
    assert broken.status == 201, broken.text
    assert team.sees("mia") == 200
    team.made("admin", Request("DELETE", id))
    assert team.sees("mia") == 403


@pytest.mark.parametrize("kind", [GLASS, "Mlestate.Organization/denials"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_guest_who_owns_everything_says_nothing_of_who_may_what(two: Two, kind: str, method: str):
    name = "d" if kind.endswith("denials") else str(uuid.uuid4())
    body = {"properties": assigned(READER, two.ids["gil"])}
    answer = two.ask("gil", Request(method, f"{B.group}/providers/{kind}/{name}", body))
    assert (answer.status, answer.code) == (403, "AuthorizationFailed"), answer.text
