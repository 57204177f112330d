"""`mlestate lint` as a user types it. No estate is asked."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from mlestate.cli.main import run
from tests.unit.estate.lint.clean import CLEAN, changed

UNWISE = changed(("max: 2, idle", "max: 2, min: 1, idle"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clean.yaml").write_text(CLEAN)
    (tmp_path / "e.yaml").write_text(UNWISE)
    return tmp_path


def test_a_clean_file_is_0(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["lint", "clean.yaml"]) == 0
    assert capsys.readouterr().out == "nothing to say\n"
    assert run(["lint", "clean.yaml", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_findings_are_2_one_a_line_with_what_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(["lint", "e.yaml"]) == 2
    assert capsys.readouterr().out == (
        "e.yaml:12:53: medium nodes-always-on: 1 node is paid for while `cpu` is idle; leave `min`"
        " out: a node is there within minutes\n"
        "found: 1 medium\n"
    )
    assert run(["lint", "e.yaml", "-o", "json"]) == 2
    [finding] = json.loads(capsys.readouterr().out)
    assert finding == {
        "rule": "nodes-always-on",
        "severity": "medium",
        "file": "e.yaml",
        "line": 12,
        "column": 53,
        "path": "environments.dev.computes.cpu.min",
        "message": "1 node is paid for while `cpu` is idle",
        "advice": "leave `min` out: a node is there within minutes",
    }


def test_a_file_that_does_not_hold_together_is_1(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "broken.yaml").write_text(CLEAN.replace("home:", "hom:"))
    assert run(["lint", "broken.yaml"]) == 1
    assert "did you mean `home`?" in capsys.readouterr().err
    assert run(["lint", "none.yaml"]) == 1
    assert run(["lint", "e.yaml", "--against", "broken.yaml"]) == 1


def test_against_an_older_file_only_the_change_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    assert run(["lint", "e.yaml", "--against", "e.yaml"]) == 0
    assert run(["lint", "e.yaml", "--against", "clean.yaml"]) == 2
    assert "nodes-always-on" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO(CLEAN))
    assert run(["lint", "e.yaml", "--against", "-"]) == 2


def test_a_finding_in_an_included_file_is_shown_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    people = (
        "people:\n  ana: {name: Ana, groups: [science]}\n  ben: {name: Ben, groups: [science]}\n"
    )
    assert people in CLEAN
    (folder / "people.yaml").write_text(people + "  eve: {name: Eve}  # lint: ok unused-role: no\n")
    (folder / "e.yaml").write_text(CLEAN.replace(people, "include: [people.yaml]\n"))
    assert run(["lint", "e.yaml"]) == 2
    told = capsys.readouterr().out
    assert "people.yaml:4:3: low unused-person" in told
    assert "people.yaml:4:21: low lint-comment" in told
