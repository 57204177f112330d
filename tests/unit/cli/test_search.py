"""`mlestate search` against an estate over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import yaml

from mlestate.cli.main import run
from tests.access.two_workspaces import A, Two


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    house = Two(tmp_path_factory.mktemp("estate"))
    house.build()
    for name, stage in (("fraud", "qa"), ("churn", "prod")):
        body = {"modelUri": "azureml://x", "tags": {"stage": stage}}
        path = f"{A.workspace}/models/{name}/versions/1"
        house.put(path, {"properties": body}, "bo")
    yield house
    house.close()


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["search", *arguments]) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["search", *arguments]) == 1
    return capsys.readouterr().err.strip()


def test_a_table_shows_what_is_found_and_its_counts(
    estate: Two, capsys: pytest.CaptureFixture[str]
):
    shown = said(capsys, "kind = 'model' and tags.stage is not null", "--facet", "tags.stage")
    head, first, second, blank, facet = shown.strip().split("\n")
    assert head.split() == [
        "KIND",
        "NAME",
        "VERSION",
        "WORKSPACE",
        "STATUS",
        *["CREATED", "BY"],
        "CREATED",
        "TAGS",
    ]
    assert [line.split()[:4] for line in (first, second)] == [
        ["model", "churn", "1", "mlw-quokka"],
        ["model", "fraud", "1", "mlw-quokka"],
    ]
    assert first.endswith("stage=prod")
    assert (blank, facet) == ("", "tags.stage: prod 1 · qa 1")


def test_json_and_yaml_say_the_same(estate: Two, capsys: pytest.CaptureFixture[str]):
    asked = ("--kind", "model", "--words", "fraud", "--facet", "kind")
    found = json.loads(said(capsys, *asked, "-o", "json"))
    assert found == yaml.safe_load(said(capsys, *asked, "-o", "yaml"))
    assert [row["name"] for row in found["value"]] == ["fraud"]
    assert (found["count"], found["facets"]["kind"]) == (1, [{"value": "model", "count": 1}])


def test_what_is_not_shown_is_counted(estate: Two, capsys: pytest.CaptureFixture[str]):
    shown = said(capsys, "--workspace", "mlw-quokka", "--top", "1", "--order", "name")
    assert "1 of " in shown
    assert "`--top` shows more" in shown
    assert said(capsys, "name = 'nothing'").strip() == "nothing was found"


def test_a_search_is_saved_asked_again_and_forgotten(
    estate: Two, capsys: pytest.CaptureFixture[str]
):
    asked = ("tags.stage = 'qa'", "--facet", "kind", "--save", "waiting")
    assert "fraud" in said(capsys, *asked)
    assert "fraud" in said(capsys, "--view", "waiting", "--kind", "model")
    assert "churn" not in said(capsys, "--view", "waiting")
    assert "waiting" in said(capsys, "--views")
    shared = ("--kind", "model", "--save", "models", "--shared", "--workspace", "mlw-quokka")
    said(capsys, *shared)
    view = "providers/Mlestate.Organization/savedViews/models"
    assert f"{A.workspace}/{view}" in said(capsys, "--views")
    said(capsys, "--forget", "waiting")
    said(capsys, "--forget", f"{A.workspace}/{view}")
    assert "waiting" not in said(capsys, "--views")
    assert "there is no view `waiting`" in refused(capsys, "--view", "waiting")
    assert "there is no view `waiting` of yours" in refused(capsys, "--forget", "waiting")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            ["nmae = 'x'"],
            "the filter, at character 1 (`nmae = 'x'`): `nmae` is no field; did you mean `name`?",
        ),
        (
            ["created > 7d"],
            "the filter, at character 11 (`7d`): how long ago is written with a `-`: write `-7d`",
        ),
        (["created >"], "the filter, at character 10 (`created >…`): `created` is compared with"),
        (
            ["--workspace", "mlw-quoka"],
            "there is no workspace `mlw-quoka` that you may read; did you mean `mlw-quokka`?",
        ),
        (["--kind", "modle"], "`modle` is no kind; did you mean `model`?"),
        (["--facet", "stage"], "`stage` is no facet; did you mean `status`?"),
        (["--order", "size"], "`size` is no order; these are: created, modified, name; with"),
        (["--shared"], "`--shared` says how to save: name the view with `--save NAME`"),
    ],
)
def test_a_slip_is_told_in_one_line(
    estate: Two, capsys: pytest.CaptureFixture[str], arguments: list[str], error: str
):
    assert refused(capsys, *arguments).startswith(f"error: {error}")
