"""Every fault is found at once, and told at its place in words that help."""

from typing import Any, Literal

import msgspec
import pytest

from mlestate.core import validate
from mlestate.core.errors import Invalid
from mlestate.core.words import Word


class Size(Word):
    SMALL = "Small"
    LARGE = "Large"


class Cat(msgspec.Struct, tag_field="kind", tag="cat"):
    lives: int


class Dog(msgspec.Struct, tag_field="kind", tag="dog"):
    tricks: list[str]


class Home(msgspec.Struct):
    size: Size | None = None
    pets: dict[str, Cat | Dog] = {}
    colour: Literal["red", "green"] = "red"
    free: dict[str, Any] | None = None
    cat: Cat | None = None


def faults(data: Any) -> dict[str, str]:
    return dict(validate.faults(data, Home))


def test_what_is_right_has_no_fault():
    home = {"size": "sMALL", "pets": {"a": {"kind": "cat", "lives": 9}}, "free": {"x": [1]}}
    assert faults(home) == {}
    assert validate.read(home, Home).size is Size.SMALL


def test_every_fault_is_found_at_its_place():
    found = faults(
        {
            "size": "huge",
            "pets": {"a": {"kind": "cat"}, "b": {"kind": "dog", "tricks": ["sit", 1]}, "c": 3},
            "colour": "blue",
            "free": [],
        }
    )
    assert set(found) == {
        "$.size",
        "$.pets.a.lives",
        "$.pets.b.tricks[1]",
        "$.pets.c",
        "$.colour",
        "$.free",
    }
    assert found["$.size"] == "`huge` is not one of `Small`, `Large`"
    assert found["$.colour"] == "`blue` is not one of `red`, `green`"


@pytest.mark.parametrize(
    ("pet", "text"),
    [
        ({"kind": "cow"}, "`cow` is not supported; supported: `cat`, `dog`"),
        ({"kind": ["cat"]}, "`['cat']` is not supported; supported: `cat`, `dog`"),
        ({}, "is missing; supported: `cat`, `dog`"),
    ],
)
def test_an_unknown_kind_is_told_with_the_known_ones(pet: Any, text: str):
    assert faults({"pets": {"a": pet}}) == {"$.pets.a.kind": text}


def test_a_kind_must_be_named_where_there_is_only_one():
    assert faults({"cat": {"lives": 1}}) == {"$.cat.kind": "is missing; supported: `cat`"}


def test_a_refusal_holds_one_detail_for_each_fault():
    with pytest.raises(Invalid) as caught:
        validate.read({"size": 1, "colour": 2}, Home)
    assert [detail.target for detail in caught.value.details] == ["$.size", "$.colour"]


@pytest.mark.parametrize("data", [None, 1, "x", [], True])
def test_a_document_that_is_no_object_is_refused_whole(data: Any):
    assert list(faults(data)) == ["$"]
