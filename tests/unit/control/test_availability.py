"""Whether a name could be taken, as it is told to those who could take it."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.core.access import Caller
from mlestate.core.errors import Forbidden, Invalid, NotFound
from mlestate.core.resource import View

from .conftest import GROUP, SUBSCRIPTION, WORKSPACE, Estate, caller

CHECK = f"{SUBSCRIPTION}/providers/Ml/checkNameAvailability"


def checked(estate: Estate, who: Caller, name: str, type: str = "Ml/workspaces") -> dict[str, Any]:
    body = {"name": name, "type": type}
    found: dict[str, Any] = estate.engine.act(who, CHECK, body, View()).document
    return found


def test_a_name_is_free_until_it_is_taken_and_a_bad_one_never_is(estate: Estate):
    writer = caller("ana", (GROUP, "Ml/workspaces/write"))
    assert checked(estate, writer, "new") == {"nameAvailable": True}
    for taken in ("w", "W"):
        answer = checked(estate, writer, taken, "ml/WORKSPACES")
        assert (answer["nameAvailable"], answer["reason"]) == (False, "AlreadyExists")
        assert WORKSPACE not in answer["message"]
    assert checked(estate, writer, "no_name")["reason"] == "Invalid"


def test_who_could_not_write_one_is_told_nothing(estate: Estate):
    for who in (caller("eve"), caller("eve", ("/", "*/read"))):
        with pytest.raises(Forbidden) as refused:
            checked(estate, who, "w")
        assert refused.value.target == "Ml/workspaces/write"


def test_only_names_that_are_unique_are_checked(estate: Estate):
    with pytest.raises(Invalid):
        checked(estate, estate.admin, "m", "Ml/workspaces/models")
    for namespace in ("Au", "Nothing.Here"):
        path = f"{SUBSCRIPTION}/providers/{namespace}/checkNameAvailability"
        with pytest.raises(NotFound):
            estate.engine.act(estate.admin, path, {"name": "a", "type": "b"}, View())
