"""Two people, two workspaces: no address lets one see what is the other's.

Every row of the table of addresses, and every type, verb and action of the catalog, is asked with
real requests about bo's things: by others, who learn nothing, and by bo, who is answered.
"""

from __future__ import annotations

import pytest

from mlestate.api.addresses import Address, table
from mlestate.core.access import gives
from mlestate.core.roles import by_name
from tests.access.arm_cases import arm_cases
from tests.access.cases import Case, cases
from tests.access.leaks import leaked, told_apart
from tests.access.two_workspaces import Two

# Gil owns the whole estate, and is a guest of eve's: which is what counts.
OTHERS = ["eve", "gil", "stranger", "gone", "", "garbage"]
# Answered to any known caller, about themselves and what they may see.
OWN = {
    ("GET", "/estate/v1/me"),
    ("GET", "/estate/v1/openapi.json"),
    ("GET", "/estate/v1/resources"),
    ("GET", "/estate/v1/search"),
    ("GET", "/estate/v1/search/views"),
    ("GET", "/estate/v1/access/matrix"),
    ("GET", "/estate/v1/access/diff"),
    ("GET", "/estate/v1/access/abilities"),
    ("GET", "/estate/v1/openapi.json"),
    ("GET", "/tenants"),
    ("POST", "/providers/Microsoft.ResourceGraph/resources"),
    ("GET", "/v1.0/me"),
    ("POST", "/v1.0/me/getMemberGroups"),
    # Whom one may not see is left out.
    ("POST", "/v1.0/directoryObjects/getByIds"),
    # Their own refusals are inside.
    ("POST", "/estate/v1/resources"),
}


def test_every_row_of_the_table_is_asked(two: Two):
    rows = {(row.method, row.path) for row in table() if not row.anonymous}
    assert set(cases(two.bo)) == rows


@pytest.mark.parametrize("who", OTHERS)
def test_no_address_beside_arm_tells_others_anything(two: Two, who: str):
    faults = []
    for row, case in cases(two.bo).items():
        if row in OWN:
            answer = two.ask(who, case.request)
            faults += [f"{row} tells {name}" for name in leaked(two.bo, case.request, answer)]
        else:
            faults += told_apart(two, who, two.bo, case.request)
    assert not faults, "\n".join(faults)


def test_what_is_refused_to_others_is_done_for_those_who_may(fresh: Two):
    rows = {(row.method, row.path): row for row in table()}
    faults = []
    for row, case in cases(fresh.bo).items():
        faults += _undone(fresh, _able(rows[row]), case)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("who", OTHERS)
def test_no_arm_address_tells_others_anything(two: Two, who: str):
    faults = [
        fault
        for _, case in arm_cases(two.bo)
        for fault in told_apart(two, who, two.bo, case.request)
    ]
    assert not faults, "\n".join(faults)


def test_what_arm_refuses_to_others_it_does_for_those_who_may(fresh: Two):
    faults = []
    for who, case in arm_cases(fresh.bo):
        faults += _undone(fresh, who, case)
    assert not faults, "\n".join(faults)


def _able(row: Address) -> str:
    """Bo, where bo's roles give the action; else the administrator."""
    if row.scope == "/":
        return "admin"
    own = ("AzureML Data Scientist", "Storage Blob Data Owner")
    roles = [role for name in own if (role := by_name(name))]
    mine = not row.action or any(gives(role, row.action.lower(), row.data) for role in roles)
    return "bo" if mine else "admin"


def _undone(house: Two, who: str, case: Case) -> list[str]:
    answer = house.ask(who, case.request)
    house.work()
    done = 200 <= answer.status < 300 if case.status == 200 else answer.status == case.status
    said = f"{case.request.method} {case.request.target} as {who}: {answer.status}"
    return [] if done else [f"{said} {answer.text[-400:]}"]
