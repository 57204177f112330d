"""Roles on the command line: named as people call them, and never lost by a slip."""

from __future__ import annotations

import uuid

import pytest
import yaml

from mlestate.cli.main import run
from tests.access.two_workspaces import AUTHORIZATION, OWNER, SUBSCRIPTION, A, Two


def custom(two: Two, name: str) -> str:
    said = {"permissions": [{"actions": ["*/read"]}], "assignableScopes": [A.group]}
    id = f"{A.group}/providers/{AUTHORIZATION}/roleDefinitions/{uuid.uuid4()}"
    two.put(id, {"properties": {"roleName": name, **said}})
    return id


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(arguments) == 1
    return capsys.readouterr().err.strip()


def test_a_role_is_named_as_the_list_shows_it(estate: Two, capsys: pytest.CaptureFixture[str]):
    assert run(["get", "role", "reader"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["properties"]["roleName"] == "Reader"
    id = custom(estate, "looker on")
    assert run(["get", "role", "Looker On"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["id"].endswith(id.rpartition("/")[2])
    assert run(["delete", "role", "looker on"]) == 0
    assert "deleted" in capsys.readouterr().err
    assert estate.get("admin", id).status == 404
    id = custom(estate, "looker on")
    assert run(["delete", "role", id.rpartition("/")[2]]) == 0
    assert estate.get("admin", id).status == 404


def test_a_role_that_is_not_there_is_no_success(estate: Two, capsys: pytest.CaptureFixture[str]):
    built_in = "error: a built-in role cannot be deleted"
    assert refused(capsys, "delete", "role", "Reader") == built_in
    assert "did you mean `Reader`?" in refused(capsys, "delete", "role", "Readr")
    assert refused(capsys, "get", "role", "zzz").endswith("is called `zzz`: name it by its GUID")


def test_an_owner_of_a_subscription_names_its_roles(
    estate: Two, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    olga = estate.person("olga")
    estate.grant(SUBSCRIPTION, OWNER, olga)
    id = custom(estate, "hers to give")
    monkeypatch.setenv("MLESTATE_TOKEN", estate.tokens["olga"])
    assert run(["delete", "role", "hers to give"]) == 0
    assert "deleted" in capsys.readouterr().err
    assert estate.get("admin", id).status == 404
