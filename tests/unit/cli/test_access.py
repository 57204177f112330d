"""`mlestate access` against an estate over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import yaml

from mlestate.cli.main import run
from tests.access.two_workspaces import A, B, Two
from tests.house import served


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    house = Two(tmp_path_factory.mktemp("estate"))
    house.build()
    yield house
    house.close()


@pytest.fixture
def estate(house: Two, monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    with served(house.estate.app) as origin:
        monkeypatch.setenv("MLESTATE_URL", origin)
        monkeypatch.setenv("MLESTATE_DATA", str(house.estate.data))
        yield house


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(["access", *arguments]) == code, capsys.readouterr().err
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["access", *arguments]) == 1
    return capsys.readouterr().err.strip()


def test_why_is_answered_in_words_and_in_documents(estate: Two, capsys: pytest.CaptureFixture[str]):
    assert said(capsys, "why", "bo", "train", "mlw-quokka").startswith("yes: `bo` may train")
    same = yaml.safe_load(said(capsys, "why", "bo", "lock", "rg-quokka", "-o", "yaml", code=2))
    assert same["missing"]["smallestRole"]["name"] == "Locks Contributor"


def test_guests_are_shown_with_their_last_day(estate: Two, capsys: pytest.CaptureFixture[str]):
    shown = said(capsys, "who", "see-workspace", B.workspace)
    row = next(line for line in shown.splitlines() if line.startswith("gil"))
    assert row.split()[1] == "Owner"
    assert len(row.split()[-1].split("-")) == 3
    found = json.loads(said(capsys, "matrix", "mlw-okapi", "-o", "json"))
    assert {one["name"]: "guestUntil" in one for one in found["people"]}["gil"]


def test_an_action_is_taken_as_it_is_and_said_to_be_data_where_that_is_not_plain(
    estate: Two, capsys: pytest.CaptureFixture[str]
):
    action = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
    assert said(capsys, "why", "bo", action, A.account).startswith("yes")
    training = "Microsoft.MachineLearningServices/workspaces/jobs/write"
    said(capsys, "why", "bo", training, A.workspace)
    said(capsys, "why", "bo", training, A.workspace, "--data-action", code=2)


def test_slips_are_told_with_what_was_meant(estate: Two, capsys: pytest.CaptureFixture[str]):
    assert "did you mean `train`" in refused(capsys, "why", "bo", "trian", "mlw-quokka")
    assert "did you mean `mlw-quokka`" in refused(capsys, "who", "train", "mlw-quoka")
    unknown = refused(capsys, "why", "bo", "fly", "mlw-quokka")
    assert "such as `train`: `mlestate access abilities` lists them" in unknown
    meant = refused(capsys, "who", "train", "mlw-quoka")
    assert meant.endswith("did you mean `mlw-quokka`? An id is taken as it is")
    assert refused(capsys, "who", "train", "zzz").endswith("; an id is taken as it is")
    assert "name two environments" in refused(capsys, "diff", "dev")
    several = refused(capsys, "matrix", "mlw-quokka", "-a", "trian", "-a", "deplyo")
    assert "`trian`" in several
    assert "`deplyo`" in several
