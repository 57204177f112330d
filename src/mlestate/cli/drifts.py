"""What people changed since the last apply, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..estate.planning.drift import Changed, Drift
from .called import names_of, said
from .fields import lines
from .plans import by_place, how_it_stands, not_in_file, record_document
from .times import moment


def as_document(drift: Drift) -> dict[str, Any]:
    return {
        "estate": drift.record.estate,
        "lastApply": record_document(drift.record),
        "drift": [_entry(each) for each in drift.changed],
        "unchanged": drift.total - len(drift.changed),
        "notInFile": drift.extra,
    }


def as_text(drift: Drift) -> str:
    return "\n".join([*_state(drift), *_changed(drift), *not_in_file(drift.extra), _verdict(drift)])


def _entry(changed: Changed) -> dict[str, Any]:
    entry = {
        "kind": "changed" if changed.fields else "gone",
        "id": changed.desired.id,
        "type": changed.desired.type,
    }
    fields = [
        {"path": each.path, "applied": each.before, "now": each.after} for each in changed.fields
    ]
    return {**entry, "fields": fields} if fields else entry


def _state(drift: Drift) -> Iterator[str]:
    if text := how_it_stands(drift.record):
        yield f"note: {text}"


def _changed(drift: Drift) -> Iterator[str]:
    names = {**drift.called, **names_of(drift.names)}
    for heading, rest, each in by_place(drift.changed, lambda one: one.desired.id):
        if heading:
            yield heading
        yield f"  {'~' if each.fields else '-'} {said(each.desired, rest, names)}"
        for one in each.fields:
            yield from (f"      {line}" for line in lines(one, names, stated="before"))


def _verdict(drift: Drift) -> str:
    record = drift.record
    applied = f"applied by `{record.by}` at {moment(record.at)}"
    if not drift.changed:
        return f"no drift: all {drift.total} resources are as {applied}"
    gone = sum(not each.fields for each in drift.changed)
    return (
        f"{len(drift.changed) - gone} changed, {gone} gone, "
        f"{drift.total - len(drift.changed)} as {applied}"
    )
