"""From the texts of a file to what is unwise in it, and from two of them to what one opens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ..load import read
from .comments import accepted
from .finding import Finding, found
from .subject import Subject
from .table import CHANGES, IDS, RULES

# A file and what it includes, by the names to show; the file itself is the first.
Texts = Mapping[str, str]


def lint(texts: Texts, today: date = date.min) -> list[Finding]:
    """In the order of the file. Raises `Invalid` for one that does not hold together."""
    subject = _subject(texts, today)
    return _in_order(accepted(_standing(subject), texts, IDS), subject)


def lint_change(old: Texts, new: Texts, today: date = date.min) -> list[Finding]:
    """What the newer file opens, and what is unwise in it that was not in the older."""
    before, now = _subject(old, today), _subject(new, today)
    known = {finding.identity for finding in _standing(before)}
    fresh = [finding for finding in _standing(now) if finding.identity not in known]
    opened = [found(rule, hit, now) for rule in CHANGES for hit in rule.look(before, now)]
    left = accepted([*opened, *_standing(now)], new, IDS)
    wanted = {one.identity for one in (*opened, *fresh)}
    return _in_order([one for one in left if one.identity in wanted], now)


def _subject(texts: Texts, today: date) -> Subject:
    name, *included = texts
    return Subject(*read(texts[name], name, {each: texts[each] for each in included}), today)


def _standing(subject: Subject) -> list[Finding]:
    return [found(rule, hit, subject) for rule in RULES for hit in rule.look(subject)]


def _in_order(findings: list[Finding], subject: Subject) -> list[Finding]:
    """By place, each once: what holds in many workspaces is often said in one line."""
    files = {name: i for i, name in enumerate(subject.source.files)}
    once = {(one.spot, one.rule, one.message): one for one in findings}
    return sorted(
        once.values(),
        key=lambda one: (files[one.spot.file], one.spot.line, one.spot.column, one.rule),
    )
