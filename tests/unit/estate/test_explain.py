"""Where values come from: each layer that says one, and the one that counts."""

from __future__ import annotations

import pytest

from mlestate.core.errors import NotFound
from mlestate.estate.layout.explain import Explanation, explain
from mlestate.estate.load import read
from tests.estates import broken


def explained(key: str, *changes: tuple[str, str]) -> Explanation:
    (found,) = explain(*read(broken(*changes), "e.yaml"), key)
    return found


def said(found: Explanation) -> list[tuple[object, str, str]]:
    return [(each.value, each.path, str(each.spot or "")) for each in found.said]


def test_every_layer_is_shown_and_the_narrowest_counts():
    own = ("fraud: {", "fraud: {overrides: {dev: {computes: {cpu: {max: 8}}}}, ")
    found = explained("fraud.dev.computes.cpu.max", own)
    assert found.value == 8
    assert said(found) == [
        (2, "environments.dev.computes.cpu.max", "e.yaml:11:50"),
        (
            8,
            "divisions.claims.projects.fraud.overrides.dev.computes.cpu.max",
            "e.yaml:31:55",
        ),
    ]


def test_what_no_layer_says_is_built_in():
    found = explained("fraud.dev.computes.cpu.min")
    assert (found.value, said(found)) == (0, [(0, "what is built in", "")])


def test_a_tag_comes_from_who_pays():
    found = explained("fraud.dev.tags.costcenter")
    assert said(found) == [("55332", "divisions.claims.costcenter", "e.yaml:28:17")]


def test_a_role_that_is_changed_for_a_project_shows_both():
    found = explained(
        "fraud.dev.roles.engineer", ("fraud: {", "fraud: {roles: {engineer: {dev: Reader}}, ")
    )
    assert found.value == ["Reader"]
    assert [value for value, _, _ in said(found)] == [["Contributor"], ["Reader"]]


def test_a_name_is_explained_by_its_pattern():
    found = explained("mlw-fraud-prod")
    assert found.key == "fraud.prod.names.workspace"
    assert said(found) == [
        ("mlw-{id}-{env}", "what is built in (naming.workspace is not said)", "")
    ]


def test_a_name_in_another_region_says_why_it_has_the_regions_code():
    found = explained(
        "mlw-fraud-dev-eus", ("fraud: {", "fraud: {regions: {train: [westeurope, eastus]}, ")
    )
    assert found.key == "fraud.dev@eastus.names.workspace"
    assert [value for value, _, _ in said(found)] == ["mlw-{id}-{env}", "mlw-{id}-{env}-{reg}"]


def test_a_place_in_another_region_is_named_with_it():
    own = ("fraud: {", "fraud: {regions: {train: [westeurope, eastus]}, ")
    found = explained("fraud.dev@eastus.region", own)
    assert found.value == "eastus"
    assert said(found)[-1][1] == "divisions.claims.projects.fraud.regions"


def test_all_of_a_place_is_explained_at_once():
    keys = [each.key for each in explain(*read(broken(), "e.yaml"), "fraud.dev")]
    assert {"fraud.dev.region", "fraud.dev.storageAuth", "fraud.dev.names.vault"} <= set(keys)


def test_a_path_of_the_file_is_shown_where_it_stands():
    assert said(explained("regions.home")) == [("westeurope", "regions.home", "e.yaml:6:17")]


def test_an_unknown_key_is_shown_with_the_one_that_was_meant():
    with pytest.raises(NotFound, match=r"did you mean `fraud.dev`"):
        explained("frauds.dev")
    with pytest.raises(NotFound, match=r"did you mean `fraud.dev.storageAuth`"):
        explained("fraud.dev.storageauth")


def test_a_name_that_is_nearly_one_of_the_estates_is_shown_with_it():
    with pytest.raises(NotFound, match=r"did you mean `mlw-fraud-dev`"):
        explained("mlw-frad-dev")


def test_a_project_in_a_shared_workspace_leads_there():
    shared = ("workspacePer: project", "workspacePer: division")
    with pytest.raises(NotFound, match=r"^`fraud` works in `claims.dev`: ask of that$"):
        explained("fraud.dev.region", shared)
    with pytest.raises(NotFound, match=r"works in `claims.dev`, `claims.prod`"):
        explained("fraud", shared)
