"""How types are declared, and what that alone decides."""

from typing import Any

import pytest

from mlestate.core import ids
from mlestate.core.errors import Invalid
from mlestate.core.resource import Change, Resource, Stamp
from mlestate.core.resource_type import Action, ResourceType, hold_fixed

ID = ids.parse("/subscriptions/s/resourceGroups/g/providers/Microsoft.X/things/t")
ROLES = "providers/Microsoft.Authorization/roleDefinitions"
THING = ResourceType(
    name="Microsoft.X/things",
    doc="A thing.",
    properties=dict,
    fixed=("store", "size"),
    actions=(Action(name="listKeys"), Action(name="look", permission="Microsoft.X/things/read")),
)


def change(before: dict[str, Any], after: dict[str, Any]) -> Change:
    by = Stamp("x", "User", 0.0)
    old = Resource(id=ID, document={"properties": before}, created=by, modified=by)
    return Change(id=ID, document={"properties": after}, typed=None, old=old, at=0.0, fresh_id="f")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"size": 1}, {"size": 1}),
        ({"store": "/a/B"}, {"store": "/A/b"}),
        ({"store": f"/{ROLES}/a"}, {"store": f"/subscriptions/s/{ROLES}/A"}),
        ({"size": 1}, {}),
        ({"size": 1}, {"size": None}),
        ({}, {"size": 1}),
        ({"size": None}, {"size": 1}),
    ],
)
def test_what_is_fixed_may_be_repeated_left_out_or_set_later(before: Any, after: Any):
    hold_fixed(THING, change(before, after))


@pytest.mark.parametrize(
    ("before", "after"), [({"size": 1}, {"size": 2}), ({"size": "S"}, {"size": "s"})]
)
def test_what_is_fixed_does_not_change(before: Any, after: Any):
    with pytest.raises(Invalid, match="`size` cannot change") as caught:
        hold_fixed(THING, change(before, after))
    assert (caught.value.code, caught.value.target) == (
        "PropertyChangeNotAllowed",
        "$.properties.size",
    )


def test_permissions_follow_from_the_type_and_its_actions():
    assert THING.permission("write") == "Microsoft.X/things/write"
    assert THING.permission("LISTKEYS") == "Microsoft.X/things/listKeys/action"
    assert THING.permission("look") == "Microsoft.X/things/read"
    assert THING.parent == ""
