"""People and groups as a directory writes them: read, or refused with a word on each fault."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mlestate.api.scim.documents import names, shown, wanted
from mlestate.core.errors import Invalid
from tests.unit.core.test_scim import JSON

NAMES = ["userName", "displayName", "name", "emails", "active", "members", "externalId", "x"]


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_document_breaks_the_reader(said: dict[str, Any]):
    for kind in ("User", "Group"):
        with contextlib.suppress(Invalid):
            wanted(kind, said)


def test_names_of_attributes_have_no_case_and_nulls_are_not_sent():
    found = wanted("User", {"USERNAME": "ana", "Active": "False", "name": None, "title": "Dr"})
    assert (found.handle, found.enabled, found.document) == ("ana", False, {"active": True})


def test_somebody_is_shown_by_the_best_name_that_there_is():
    name = {"givenName": "Ana", "familyName": "Souza"}
    assert wanted("User", {"userName": "a", "name": name}).display_name == "Ana Souza"
    assert wanted("User", {"userName": "a", "displayName": "A"}).display_name == "A"
    assert wanted("User", {"userName": "a"}).display_name == "a"


def test_what_is_asked_for_is_shown_and_always_the_id():
    told = {"id": "1", "schemas": [], "userName": "a", "name": {"givenName": "A", "formatted": "B"}}
    always = {"id": "1", "schemas": []}
    assert shown(told, names("userName"), []) == always | {"userName": "a"}
    assert shown(told, names("name.givenName"), []) == always | {"name": {"givenName": "A"}}
    assert "name" not in shown(told, [], names("name, id"))
    urn = "urn:ietf:params:scim:schemas:core:2.0:User:userName"
    assert shown(told, names([urn]), []) == always | {"userName": "a"}
