from __future__ import annotations

import pytest

from mlestate.estate.compile import compile_estate
from mlestate.estate.desired import Desired
from mlestate.estate.graph import dependencies, levels
from mlestate.estate.load import load
from tests.estates import CONTOSO


def thing(id: str, *needs: str, **body: object) -> Desired:
    return Desired(id, "t", body, needs)


def ids(found: list[list[Desired]]) -> list[list[str]]:
    return [[each.id for each in level] for level in found]


def test_what_stands_above_comes_first():
    assert ids(levels([thing("/a/x/b/y"), thing("/a/x"), thing("/a/z")])) == [
        ["/a/x", "/a/z"],
        ["/a/x/b/y"],
    ]


def test_what_is_referred_to_comes_first_whatever_the_case():
    desired = [thing("/w", properties={"storage": ["/S"]}), thing("/s")]
    assert ids(levels(desired)) == [["/s"], ["/w"]]


def test_an_object_id_leads_to_its_principal():
    desired = [thing("/assignment", principalId="ABC"), thing("/users/ana", objectId="abc")]
    assert ids(levels(desired)) == [["/users/ana"], ["/assignment"]]


def test_what_is_needed_by_name_comes_first():
    assert ids(levels([thing("/group", "/users/ana"), thing("/users/ana")])) == [
        ["/users/ana"],
        ["/group"],
    ]


def test_a_circle_is_refused():
    with pytest.raises(ValueError, match="need each other"):
        levels([thing("/a", "/b"), thing("/b", "/c"), thing("/c", "/a")])


def test_a_long_chain_is_no_recursion():
    chain = [thing(f"/{i}", f"/{i + 1}") for i in range(5000)]
    assert len(levels(chain)) == 5000


def test_contoso_is_made_in_few_rounds():
    desired = compile_estate(load(CONTOSO.read_text()))
    found = levels(desired)
    assert len(found) <= 6
    done: set[str] = set()
    needs = dependencies(desired)
    for level in found:
        assert all(needs[each.id.lower()] <= done for each in level)
        done |= {each.id.lower() for each in level}
