from __future__ import annotations

import pytest

from mlestate.estate.compile import compile_estate
from mlestate.estate.desired import Desired
from mlestate.estate.load import load
from mlestate.estate.planning.graph import dependencies, ordered
from tests.estates import CONTOSO


def thing(id: str, *needs: str, **body: object) -> Desired:
    return Desired(id, "t", body, needs)


def order(*desired: Desired) -> list[str]:
    return [each.id for each in ordered(desired, dependencies(desired))]


def test_what_stands_above_comes_first():
    assert order(thing("/a/x/b/y"), thing("/a/x"), thing("/a/z")) == ["/a/x", "/a/z", "/a/x/b/y"]


def test_what_is_referred_to_comes_first_whatever_the_case():
    assert order(thing("/w", properties={"storage": ["/S"]}), thing("/s")) == ["/s", "/w"]


def test_an_object_id_leads_to_its_principal():
    desired = [thing("/assignment", principalId="ABC"), thing("/users/ana", objectId="abc")]
    assert order(*desired) == ["/users/ana", "/assignment"]


def test_what_is_needed_by_name_comes_first():
    assert order(thing("/group", "/users/ana"), thing("/users/ana")) == ["/users/ana", "/group"]


def test_a_circle_is_refused():
    with pytest.raises(ValueError, match="need each other"):
        order(thing("/a", "/b"), thing("/b", "/c"), thing("/c", "/a"))


def test_a_long_chain_is_no_recursion():
    assert len(order(*(thing(f"/{i}", f"/{i + 1}") for i in range(5000)))) == 5000


def test_contoso_is_ordered_by_what_each_needs():
    desired = compile_estate(load(CONTOSO.read_text()))
    needs = dependencies(desired)
    done: set[str] = set()
    for each in ordered(desired, needs):
        assert needs[each.id.lower()] <= done
        done.add(each.id.lower())
