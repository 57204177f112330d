"""Whatever would be written: what `access diff` foretells is what has changed once it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlestate.core.rights import EVERYONE
from tests.access.asking import House, Request
from tests.access.test_guests_of_a_file import applied
from tests.unit.estate.test_given import DENIALS, MG, SUBSCRIPTION
from tests.unit.estate.test_given import given as file

ML = "Microsoft.MachineLearningServices/workspaces"
DIFF, MATRIX = "/estate/v1/access/diff", "/estate/v1/access/matrix"
PROD = f"{SUBSCRIPTION}/resourceGroups/rg-fraud-prod"
SCOPES = (MG, SUBSCRIPTION, PROD, f"{PROD.upper()}", f"{PROD}/providers/{ML}/mlw-fraud-prod")
ACTIONS = ("*", f"{ML}/*", f"{ML}/jobs/write", "*/read", "Microsoft.Storage/*")
WHO = ("groups/science", "groups/auditors", "users/ana", "servicePrincipals/bot")
INSIDE = (
    "ana: {name: Ana, groups: [science]}",
    "eve: {name: Eve, groups: [auditors]}\n  ana: {name: Ana, groups: [science]}",
)

some = st.sets(st.sampled_from(WHO), max_size=2)
bodies = st.tuples(st.sampled_from(ACTIONS), some, some, st.booleans())
names = st.sampled_from(("no-clusters", "one", "two"))
denials = st.tuples(st.sampled_from(SCOPES), names, st.none() | bodies)
Said = dict[tuple[str, str], set[str]]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("estate"))
    applied(made, file(INSIDE))
    yield made
    made.close()


@settings(max_examples=40, deadline=None)
@given(st.lists(denials, min_size=1, max_size=3, unique_by=lambda said: (said[0].lower(), said[1])))
def test_what_denials_take_and_give_back_is_foretold(house: House, said: list[Any]):
    ids = {name: house.get("admin", f"/estate/v1/{name}").json()["objectId"] for name in WHO}
    changes = [
        {"id": f"{scope}/{DENIALS}/{name}"} | ({"body": body(ids, *told)} if told else {})
        for scope, name, told in said
    ]
    before = may(house)
    foretold = house.made("admin", Request("POST", DIFF, {"changes": changes})).json()["value"]
    for each in changes:
        method = "PUT" if "body" in each else "DELETE"
        answer = house.ask("admin", Request(method, each["id"], each.get("body")))
        assert answer.status in (200, 201, 204), answer.text
    after = may(house)
    happened = {
        (*key, tuple(sorted(now - then)), tuple(sorted(then - now)))
        for key in before.keys() | after.keys()
        if (now := after.get(key, set())) != (then := before.get(key, set()))
    }
    assert {
        (each["principal"], each["where"].rpartition("/")[2], *map(tuple, gains(each)))
        for each in foretold
    } == happened


def gains(each: dict[str, Any]) -> tuple[list[str], list[str]]:
    return each["gained"], each["lost"]


def may(house: House) -> Said:
    cells = house.made("admin", Request("GET", MATRIX)).json()["cells"]
    return {(each["principal"], each["workspace"]): set(each["abilities"]) for each in cells}


def body(
    ids: dict[str, str], action: str, whom: set[str], but: set[str], below: bool
) -> dict[str, Any]:
    """Without names it is about everyone."""
    return {
        "properties": {
            "permissions": [{"actions": [action], "dataActions": [action]}],
            "principals": [{"id": ids[name]} for name in sorted(whom)] or [{"id": EVERYONE}],
            "excludePrincipals": [{"id": ids[name]} for name in sorted(but)],
            "doNotApplyToChildScopes": not below,
        }
    }
