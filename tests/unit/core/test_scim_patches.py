"""What a PATCH of SCIM changes, in time that grows with what it says."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.core.errors import Invalid, TooLarge
from mlestate.core.scim import patches
from mlestate.core.scim.elements import MOST_LOOKS

# With a look through the list for each element, these take hours.
MANY = 60_000


def patched(document: dict[str, Any], *operations: dict[str, Any]) -> dict[str, Any]:
    return patches.apply(document, patches.read({"Operations": list(operations)}))


def op(name: str, path: str = "", value: Any = None) -> dict[str, Any]:
    return {"op": name} | ({"path": path} if path else {}) | {"value": value}


def people(first: int, count: int) -> list[dict[str, Any]]:
    return [{"value": f"u{n}"} for n in range(first, first + count)]


def values(document: dict[str, Any]) -> list[str]:
    return [each["value"] for each in document["members"]]


def test_many_members_are_added_and_added_again_in_their_order():
    some, others = people(0, MANY), people(MANY, MANY)
    found = patched({}, op("add", "members", some), op("add", "members", [*others, *some]))
    assert values(found) == [each["value"] for each in [*some, *others]]


def test_each_of_many_is_taken_out_by_its_value():
    gone = range(0, MANY, MANY // 900)
    removals = [op("remove", f'members[value eq "U{n}"]') for n in gone][:900]
    whole = {"members": people(0, MANY)}
    assert len(values(patched(whole, *removals))) == MANY - 900
    once = op("remove", "members", [{"value": f"u{n}"} for n in range(MANY - 1)])
    assert values(patched(whole, once)) == [f"u{MANY - 1}"]


def test_an_element_is_found_by_what_it_has_become():
    found = patched(
        {"members": people(0, 2)},
        op("replace", 'members[value eq "u0"].value', "u9"),
        op("remove", 'members[value eq "u1"]'),
        op("remove", 'members[value eq "u0"]'),
        op("add", 'members[value eq "u9"].display', "Nine"),
        op("add", "members", [{"display": "Nine", "value": "u9"}, {"value": "u9"}]),
    )
    assert found["members"] == [{"value": "u9", "display": "Nine"}, {"value": "u9"}]


def test_one_member_after_the_other_comes_into_an_empty_group():
    said = [op("add", "members", {"value": "a"}), op("add", "members", {"value": "b"})]
    assert values(patched({}, *said)) == ["a", "b"]
    assert values(patched({}, said[0], op("replace", "members", {"value": "c"}))) == ["c"]


def test_what_would_have_to_look_through_too_much_is_refused():
    whole = {"members": people(0, 5000)}
    look = op("remove", 'members[display co "x"]')
    assert len(values(patched(whole, look, look))) == 5000
    with pytest.raises(TooLarge, match="several requests"):
        patched(whole, *[look] * (MOST_LOOKS // 5000 + 1))


@pytest.mark.parametrize(
    "said",
    [
        [op("add", "active", True)] * 1001,
        [op("add", value={f"name.part{n}": "x" for n in range(1001)})],
        [op("add", "name", {f"part{n}": "x" for n in range(101)})],
        [op("add", "emails", [{f"part{n}": "x" for n in range(101)}])],
    ],
)
def test_so_many_changes_and_parts_are_taken_and_no_more(said: list[dict[str, Any]]):
    with pytest.raises(TooLarge, match=r"up to 100 parts|too many"):
        patched({"emails": [{"value": "a"}]}, *said)


def test_names_of_parts_have_no_case():
    found = patched({"name": {"givenName": "A"}}, op("add", value={"NAME": {"GIVENNAME": "B"}}))
    assert found == {"name": {"givenName": "B"}}


EXTENSION = "urn:ietf:params:scim:schemas:extension"


@pytest.mark.parametrize(
    "said",
    [
        op("add", f"{EXTENSION}:Contoso:2.0:User:tag", "x"),
        op("replace", f"{EXTENSION}:Contoso:2.0:User:active", True),
        op("replace", f"{EXTENSION}:Contoso:2.0:User:id", "x"),
        op("remove", f'{EXTENSION}:Contoso:2.0:User:tags[value eq "x"].note'),
        op("replace", f"{EXTENSION}:enterprise:2.0:User:department", "Claims"),
        op("add", f"{EXTENSION}:enterprise:2.0:User", {"department": "Claims"}),
        op("add", "urn:okta:contoso:1.0:user:custom:tag", "x"),
        op("add", value={f"{EXTENSION}:Contoso:2.0:User": {"tag": "x", "active": True}}),
        op("add", value={f"{EXTENSION}:Contoso:2.0:User:tag": {"active": True}}),
        op("add", value={f"{EXTENSION}:enterprise:2.0:User:manager": {"value": "x"}}),
    ],
)
def test_what_is_of_an_extension_is_passed_over_and_all_else_holds(said: dict[str, Any]):
    whole = {"userName": "a", "active": False}
    rest = op("replace", "urn:ietf:params:scim:schemas:core:2.0:User:userName", "b")
    assert patched(whole, said, rest) == {"userName": "b", "active": False}
    assert patched(whole, said) == whole


def test_what_is_said_of_the_core_with_its_name_is_of_the_core():
    core = "urn:ietf:params:scim:schemas:core:2.0:User"
    said = [op("replace", value={core: {"active": False}}), op("add", f"{core}:title", "Dr")]
    assert patched({"active": True}, *said) == {"active": False, "title": "Dr"}
    with pytest.raises(Invalid, match="`salary` is no attribute"):
        patched({}, op("add", f"{core}:salary", "1"))
