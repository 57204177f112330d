"""The reference page of all rules: `python -m mlestate.estate.lint.reference`."""

from __future__ import annotations

from collections.abc import Iterable

from .finding import Change, Rule
from .table import CHANGES, RULES

_INTRODUCTION = """\
# Rules of lint

Made by `python -m mlestate.estate.lint.reference` from `estate/lint/table.py`.

`mlestate lint FILE` says what is unwise in an estate file that holds together, each finding as
`FILE:LINE:COLUMN: SEVERITY RULE: what; what to do`. How it is used is in
[the guide](../guides/lint.md).
"""
_CHANGES = """\

## Of a change

With `--against OLDFILE` only what the change brings is said: findings of the rules above that the
older file did not have, and what is opened:
"""
_HEADING = ["| rule | severity | finds | what to do |", "| --- | --- | --- | --- |"]


def page() -> str:
    """The tables as Markdown."""
    lines = [_INTRODUCTION, "## Of a file", "", *_HEADING, *_lines(RULES)]
    lines += [_CHANGES, *_HEADING, *_lines(CHANGES)]
    return "\n".join(lines) + "\n"


def _lines(rules: Iterable[Rule | Change]) -> Iterable[str]:
    return (f"| `{one.id}` | {one.severity} | {one.finds} | {one.advice} |" for one in rules)


if __name__ == "__main__":
    print(page(), end="")
