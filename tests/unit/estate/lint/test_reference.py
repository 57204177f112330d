"""The page of all rules is what the table says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlestate.app.estate_file import texts
from mlestate.estate.lint.finding import Change, Rule
from mlestate.estate.lint.lint import lint
from mlestate.estate.lint.reference import page
from mlestate.estate.lint.table import CHANGES, IDS, RULES

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "reference" / "lint.md"
EXAMPLES = sorted(ROOT.glob("examples/*/estate.yaml"))


def test_the_committed_page_is_what_the_table_says():
    assert PAGE.read_text() == page()


@pytest.mark.parametrize("rule", [*RULES, *CHANGES], ids=lambda rule: rule.id)
def test_a_rule_says_what_it_finds_and_what_to_do(rule: Rule | Change):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.id)
    assert rule.finds[0].isupper()
    assert rule.finds.endswith(".")
    assert rule.advice[0].islower()
    assert not rule.advice.endswith(".")


def test_no_id_is_taken_twice():
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_no_example_opens_what_it_should_not(file: Path):
    assert [str(one) for one in lint(texts(file)) if one.severity == "high"] == []
