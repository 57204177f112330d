"""What a search means, in plain Python: the rows that a tree lets pass, counted and ordered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mlestate.core.finding.ask import Ask
from mlestate.core.finding.compare import passes
from mlestate.core.finding.entry import Entry
from mlestate.core.finding.fields import FIELDS
from mlestate.core.finding.places import Place, place_passes
from mlestate.core.finding.tree import Test, tests, verdict


class Row(msgspec.Struct, frozen=True):
    entry: Entry
    place: Place
    latest: bool = True
    params: Mapping[str, str] = {}
    metrics: Mapping[str, float] = {}

    def said(self, test: Test) -> Any:
        entry = self.entry
        match test.field:
            case "tags":
                return entry.tags.get(test.key)
            case "params":
                return self.params.get(test.key)
            case "metrics":
                return self.metrics.get(test.key)
            case "createdBy":
                return entry.author
            case "modifiedBy":
                return entry.editor
            case "latest":
                return self.latest
        return getattr(entry, test.field)

    def passes(self, test: Test) -> bool:
        if test.of_place:
            return place_passes(test, self.place)
        return passes(test, self.said(test), FIELDS[test.field].folded)


def found(rows: Sequence[Row], ask: Ask) -> list[Row]:
    """All that is found, in order."""
    kept = [
        row
        for row in rows
        if verdict(ask.tree, row.passes)
        and all(word in row.entry.text for word in ask.words)
        and _shown(row, ask)
    ]
    kept.sort(key=lambda row: (row.place.number, row.entry.tail))
    kept.sort(key=lambda row: getattr(row.entry, ask.order.field), reverse=ask.order.descending)
    return kept


def _shown(row: Row, ask: Ask) -> bool:
    if any(test.field == "archived" for test in tests(ask.tree)) or ask.shown == "all":
        return True
    return row.entry.archived == (ask.shown == "archived")


def counted(rows: Sequence[Row], facet: str) -> dict[str, int]:
    field, _, key = facet.partition(".")
    counts: Counter[str] = Counter()
    for row in rows:
        if FIELDS[field].of_place:
            value = row.place.said(field, key)
        else:
            value = row.said(Test(field, "=", key=key))
        if isinstance(value, bool):
            value = "true" if value else "false"
        if value:
            counts[str(value)] += 1
    return dict(counts)
