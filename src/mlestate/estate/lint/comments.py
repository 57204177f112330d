"""Findings that somebody has looked at: `# lint: ok RULE: why` on the line, or alone above it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ..reading.source import Spot, suggest
from .finding import Finding

_COMMENT = re.compile(r"#\s*lint:\s*ok\b(?P<said>.*)$")
_SAID = re.compile(r"\s+(?P<rules>[a-z-]+(?:\s*,\s*[a-z-]+)*)\s*:\s*(?P<why>\S.*)")
RULE = "lint-comment"


class Comment(msgspec.Struct, frozen=True):
    """`line` is the one that it is about; without `rules` it could not be read."""

    spot: Spot
    line: int
    rules: tuple[str, ...]


def accepted(
    findings: Iterable[Finding], texts: Mapping[str, str], known: Iterable[str]
) -> list[Finding]:
    """The findings that nobody accepted, and the comments that accept nothing."""
    comments = [one for name, text in texts.items() for one in _comments(name, text)]
    used: set[Comment] = set()
    left = []
    for finding in findings:
        of = [one for one in comments if _is_about(one, finding)]
        used.update(of)
        if not of:
            left.append(finding)
    idle = (one for one in comments if one not in used)
    return [*left, *(_idle(one, list(known)) for one in idle)]


def _comments(name: str, text: str) -> Iterator[Comment]:
    for number, line in enumerate(text.splitlines(), 1):
        if found := _COMMENT.search(line):
            alone = not line[: found.start()].strip()
            said = _SAID.fullmatch(found["said"])
            rules = tuple(re.split(r"\s*,\s*", said["rules"])) if said else ()
            spot = Spot(number, found.start() + 1, name)
            yield Comment(spot, number + 1 if alone else number, rules)


def _is_about(comment: Comment, finding: Finding) -> bool:
    there = (comment.spot.file, comment.line) == (finding.spot.file, finding.spot.line)
    return there and finding.rule in comment.rules


def _idle(comment: Comment, known: list[str]) -> Finding:
    unknown = [rule for rule in comment.rules if rule not in known]
    if not comment.rules:
        text = "this comment accepts nothing"
    elif unknown:
        text = f"there is no rule `{unknown[0]}`{suggest(unknown[0], known)}"
    else:
        text = f"nothing is found here by {', '.join(f'`{rule}`' for rule in comment.rules)}"
    advice = "write `# lint: ok RULE: why`, or take it out"
    return Finding(RULE, "low", comment.spot, "", text, advice)
