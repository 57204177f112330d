"""`mlestate query` against an estate over real HTTP."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from mlestate.cli.main import run
from tests.access.two_workspaces import Two


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["query", *arguments]) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["query", *arguments]) == 1
    return capsys.readouterr().err.strip()


def test_rows_are_a_table_json_or_csv(
    estate: Two, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    query = "Resources | where type has 'machinelearningservices'"
    query += " | project name, tags, l = dynamic([1, 2])"
    file = tmp_path / "workspaces.kql"
    file.write_text(f"// all of them\n{query} | order by name asc")
    shown = said(capsys, "--file", str(file)).split("\n")
    assert shown[0].split() == ["NAME", "L"]
    assert shown[1].split() == ["mlw-okapi", "1,", "2"]
    rows = json.loads(said(capsys, query, "-o", "json"))
    assert {row["name"] for row in rows} == {"mlw-okapi", "mlw-quokka"}
    read = list(csv.DictReader(io.StringIO(said(capsys, query, "--csv"))))
    assert read[0]["l"] == "[1,2]"
    whole = said(capsys, "Resources | take 1").split("\n")[0]
    assert whole.split()[:3] == ["NAME", "TYPE", "RESOURCEGROUP"]
    assert said(capsys, "Resources | where name == 'none'") == "nothing was found\n"


def test_pages_are_read_until_there_are_enough(estate: Two, capsys: pytest.CaptureFixture[str]):
    query = "AuthorizationResources | project id"
    everything = json.loads(said(capsys, query, "--all", "-o", "json"))
    assert run(["query", query, "--first", "2", "--skip", "1", "-o", "json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == everything[1:3]
    assert f"2 of {len(everything)}" in err


def test_a_slip_is_told_without_the_estate(capsys: pytest.CaptureFixture[str]):
    assert "did you mean `where`" in refused(capsys, "Resources | wher x")
    assert "there is no column `nme`" in refused(capsys, "Resources | where nme == 'x'")
    assert "give a query" in refused(capsys)
    assert said(capsys, "--tables").startswith("TABLE")


def test_a_spreadsheet_reckons_nothing_of_what_is_in_csv(
    estate: Two, capsys: pytest.CaptureFixture[str]
):
    query = "Resources | take 1 | project a = '=cmd|calc', b = '-x', c = '@y', d = '+1', e = 5 - 7"
    [row] = csv.DictReader(io.StringIO(said(capsys, query, "--csv")))
    assert list(row.values()) == ["'=cmd|calc", "'-x", "'@y", "'+1", "-2"]
