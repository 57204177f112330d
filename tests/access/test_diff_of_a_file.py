"""What a changed file is said to change in who may do what, and what it has changed then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlestate.cli.main import run
from tests.access.asking import House
from tests.property.test_what_if import INSIDE, may
from tests.unit.estate.test_given import given

NO_CLUSTERS = """\
  no-clusters:
    at: fraud/prod
    actions: Microsoft.MachineLearningServices/workspaces/computes/*/write
    except: [auditors]
"""
FREEZE = """\
denials:
  freeze: {at: fraud/dev, actions: "*/write", to: [science]}
"""
# In it ana may not make clusters in production, and could by her role there.
DENIED = (INSIDE, ("except: [science]", "except: [auditors]"))


Lines = set[tuple[str, str, str, str]]


def foretold(capsys: pytest.CaptureFixture[str], path: Path) -> Lines:
    """Who gains or loses which ability where."""
    capsys.readouterr()
    code = run(["access", "diff", "--plan", str(path), "--prune", "-o", "json"])
    found = json.loads(capsys.readouterr().out)["value"]
    assert code == (2 if found else 0)
    return {
        (each["principal"], each["where"].rpartition("/")[2], word, ability)
        for each in found
        for word in ("gained", "lost")
        for ability in each[word]
    }


@pytest.mark.parametrize(
    "change",
    [
        (NO_CLUSTERS, ""),
        ("except: [auditors]", "except: [auditors, science]"),
        ("workspaces/computes/*/write", "workspaces/*"),
        ("denials:\n", FREEZE),
        (NO_CLUSTERS, '  no-clusters: {at: estate, actions: "*/read", to: auditors}\n'),
        ("    at: fraud/prod\n    actions", "    at: fraud/prod\n    below: false\n    actions"),
    ],
)
def test_what_is_foretold_of_denials_is_what_happens(
    applying: House, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str]
):
    path = tmp_path / "estate.yaml"
    path.write_text(given(*DENIED))
    assert run(["apply", str(path), "--prune"]) == 0, capsys.readouterr().err
    before = may(applying)
    path.write_text(given(*DENIED, change))
    said = foretold(capsys, path)
    assert run(["apply", str(path), "--prune"]) == 0, capsys.readouterr().err
    after = may(applying)
    happened = {
        (*key, word, ability)
        for key in before.keys() | after.keys()
        for word, more, less in (("gained", after, before), ("lost", before, after))
        for ability in more.get(key, set()) - less.get(key, set())
    }
    assert said == happened
    assert said, "the case changes nothing"


PROD = "prod: [mlops, Storage Blob Data Reader]"
HELD = ("{members: {scientist: science, engineer: bot}}", "{members: {engineer: science}}")


def told(capsys: pytest.CaptureFixture[str], path: Path) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = run(["access", "diff", "--plan", str(path)])
    return code, capsys.readouterr().out.strip().splitlines()


def test_what_may_be_activated_and_on_which_terms_is_told(
    applying: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """From nothing to four hours with an approval, to eight without one, to nothing again."""
    path = tmp_path / "estate.yaml"
    path.write_text(given(*DENIED, HELD))
    assert run(["apply", str(path)]) == 0, capsys.readouterr().err
    owner = "prod: [mlops, Storage Blob Data Reader, {eligible: Owner"
    asked = "may activate Owner for 4 hours, if `auditors` approves"
    alone = "may activate Owner for 8 hours, without an approval"
    for terms, expected in (
        (f"{owner}, hours: 4, approvers: auditors}}]", [f"+ {asked}"]),
        (f"{owner}, hours: 8}}]", [f"+ {alone}", f"- {asked}"]),
        (PROD, [f"- {alone}"]),
    ):
        path.write_text(given(*DENIED, HELD, (PROD, terms)))
        code, lines = told(capsys, path)
        assert code == 2
        assert lines == ["ana in mlw-fraud-prod", *(f"  {one}" for one in expected)]
        assert run(["apply", str(path)]) == 0, capsys.readouterr().err
        assert told(capsys, path) == (0, ["nobody gains or loses anything"])
        between = run(["access", "diff", "dev", "prod", "--of", "fraud"])
        lines = capsys.readouterr().out.splitlines()
        coming = [line.strip() for line in lines if "may activate" in line]
        assert (between, coming) == (2, [one for one in expected if one[0] == "+"])


def test_who_may_break_the_glass_is_told(
    applying: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "estate.yaml"
    path.write_text(given(*DENIED))
    assert run(["apply", str(path)]) == 0, capsys.readouterr().err
    glass = ("containerRegistry: true", "containerRegistry: true, breakGlass: {who: eve}")
    path.write_text(given(*DENIED, glass))
    said = "may break the glass, and be Contributor for 1 hour"
    assert told(capsys, path) == (2, ["eve in mlw-fraud-prod", f"  + {said}"])
    run(["access", "diff", "--plan", str(path), "-o", "json"])
    [found] = json.loads(capsys.readouterr().out)["value"]
    assert (found["gained"], found["lostEligible"]) == ([], [])
    assert found["gainedEligible"] == [
        {
            "role": "Contributor",
            "hours": 1.0,
            "emergency": True,
            "approval": False,
            "approvers": [],
        }
    ]
    assert run(["apply", str(path)]) == 0, capsys.readouterr().err
    path.write_text(given(*DENIED))
    assert told(capsys, path) == (2, ["eve in mlw-fraud-prod", f"  - {said}"])
