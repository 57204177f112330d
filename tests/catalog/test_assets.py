"""Assets: what of a version may change, and what clients need to find in it."""

from typing import Any

import pytest

from mlestate.catalog import by_name
from mlestate.catalog.assets import ASSETS, CODE_VERSIONS
from mlestate.core.errors import Invalid
from tests.catalog.faults import faults, show, write
from tests.catalog.golden import WORKSPACE

LONG = f"azureml:/{WORKSPACE.replace('/providers/Microsoft.MachineLearningServices', '')}/"
URI = "azureml://datastores/workspaceblobstore/paths/a/b"
EXAMPLES: dict[str, dict[str, Any]] = {
    "codes": {"codeUri": URI},
    "data": {"dataUri": URI, "dataType": "uri_folder"},
    "models": {"modelUri": URI, "modelType": "custom_model"},
    "environments": {"image": "ubuntu", "condaFile": "name: x"},
    "components": {"componentSpec": {"type": "command", "command": "echo"}},
}
collections = pytest.mark.parametrize("collection", EXAMPLES)


def version(collection: str) -> str:
    return f"{WORKSPACE}/{collection}/a1/versions/1"


def body(collection: str, **changed: Any) -> dict[str, Any]:
    return {"properties": {**EXAMPLES[collection], **changed}}


@collections
def test_a_version_has_the_members_that_clients_read_without_asking(collection: str):
    shown = show(write(version(collection), body(collection)))
    assert (shown["tags"], shown["properties"]) == ({}, {})
    assert (shown["isArchived"], shown["isAnonymous"]) == (False, False)
    assert shown["provisioningState"] == "Succeeded"


@collections
def test_what_describes_a_version_may_change(collection: str):
    old = write(version(collection), body(collection))
    about = {"description": "d", "tags": {"a": "b"}, "properties": {"c": "d"}, "isArchived": True}
    shown = show(write(version(collection), body(collection, **about), old))
    assert {name: shown[name] for name in about} == about


@pytest.mark.parametrize(
    ("collection", "changed"),
    [
        ("data", {"dataType": "mltable"}),
        ("models", {"modelType": "mlflow_model"}),
        ("environments", {"image": "debian"}),
        ("environments", {"condaFile": None}),
        ("components", {"componentSpec": {"type": "command", "command": "ls"}}),
        *((collection, {"isAnonymous": True}) for collection in EXAMPLES),
    ],
)
def test_what_a_version_is_does_not_change(collection: str, changed: dict[str, Any]):
    old = write(version(collection), body(collection))
    found = faults(version(collection), body(collection, **changed), old)
    assert set(found) == {f"$.properties.{field}" for field in changed}


@pytest.mark.parametrize(
    ("collection", "field"), [("codes", "codeUri"), ("data", "dataUri"), ("models", "modelUri")]
)
def test_a_new_path_is_refused_in_the_words_that_clients_look_for(collection: str, field: str):
    old = write(version(collection), body(collection))
    with pytest.raises(Invalid) as caught:
        write(version(collection), body(collection, **{field: f"{URI}2"}), old)
    assert f"({caught.value.code}) {caught.value}" == "(UserError) Asset paths cannot be updated."


@pytest.mark.parametrize("other", [f"{URI}/", URI.replace("azureml://", LONG)])
@pytest.mark.parametrize("collection", ["codes", "data", "models"])
def test_one_path_has_several_spellings(collection: str, other: str):
    field = next(name for name in EXAMPLES[collection] if name.endswith("Uri"))
    old = write(version(collection), body(collection))
    assert write(version(collection), body(collection, **{field: other}), old)


def test_a_local_path_is_no_address():
    assert (
        "upload first"
        in faults(version("models"), body("models", modelUri="./model"))["$.properties.modelUri"]
    )


@pytest.mark.parametrize(
    ("kind", "uri"), [("uri_folder", f"{URI}/"), ("uri_file", URI), ("mltable", URI)]
)
def test_only_a_folder_ends_with_a_slash(kind: str, uri: str):
    assert show(write(version("data"), body("data", dataType=kind)))["dataUri"] == uri


def test_a_model_has_flavors_even_without_any():
    assert show(write(version("models"), body("models")))["flavors"] == {}


def test_an_environment_is_an_image_or_a_folder_to_build():
    build = {"contextUri": URI}
    assert set(faults(version("environments"), body("environments", build=build))) == {
        "$.properties.build"
    }
    assert set(faults(version("environments"), {"properties": {}})) == {"$.properties.image"}
    only = {"properties": {"build": build}}
    assert show(write(version("environments"), only))["osType"] == "Linux"


def test_a_component_says_of_which_type_it_is():
    assert set(faults(version("components"), body("components", componentSpec={"a": 1}))) == {
        "$.properties.componentSpec.type"
    }


@collections
def test_a_container_keeps_its_own_description(collection: str):
    kind = {"dataType": "uri_file"} if collection == "data" else {}
    sent = {**kind, "description": "d", "latestVersion": "99", "nextVersion": "100"}
    shown = show(write(f"{WORKSPACE}/{collection}/a1", {"properties": sent}))
    assert shown["description"] == "d"
    assert not {"latestVersion", "nextVersion"} & set(shown)


def test_versions_make_their_containers_with_what_those_need():
    for kind in ASSETS:
        assert kind.makes_parent == kind.name.endswith("/versions")
    data = by_name()["microsoft.machinelearningservices/workspaces/data/versions"]
    assert data.parent_takes == ("dataType",)


def test_code_is_found_again_by_its_hash():
    assert CODE_VERSIONS.filters["hash"].path == ("properties", "hash_sha256")
    upload = CODE_VERSIONS.action("startpendingupload")
    assert upload is not None
    assert upload.creates_target


@pytest.mark.parametrize(
    ("word", "archived"), [("ActiveOnly", False), ("ArchivedOnly", True), ("All", None)]
)
def test_lists_are_of_the_active_the_archived_or_all(word: str, archived: bool | None):
    for kind in ASSETS:
        if "listviewtype" in kind.filters:
            assert kind.filters["listviewtype"].values[word] is archived
