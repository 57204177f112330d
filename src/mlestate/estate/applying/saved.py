"""A plan in a file: its steps, the texts that they come from, and the state they were made for.

It is executed as it stands or not at all: `moved` says what is no longer as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from ...core.bundle import Bundle
from ...core.errors import Conflict, Invalid
from .reconcile import Survey, Wanted

_MOST = 20


class Saved(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`record` is the etag of the record that the plan was made beside; empty where none was."""

    saved_plan: Literal[1]
    name: str
    files: Bundle
    digest: str
    prune: bool
    record: str
    steps: list[dict[str, Any]]
    removals: list[str]

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.files, self.name, self.prune)


def save(found: Survey, name: str) -> bytes:
    saved = Saved(
        saved_plan=1,
        name=name,
        files=found.files,
        digest=found.files.digest,
        prune=found.plan.prune,
        record=_etag(found),
        steps=_steps(found),
        removals=[each.desired.id for each in found.plan.deletes],
    )
    return msgspec.json.format(msgspec.json.encode(saved), indent=1) + b"\n"


def is_saved(text: str) -> bool:
    return text.lstrip()[:200].startswith("{") and '"savedPlan"' in text[:200]


def read(text: str, name: str) -> Saved:
    try:
        saved = msgspec.json.decode(text, type=Saved)
    except msgspec.DecodeError as error:
        raise Invalid(f"`{name}` is no saved plan ({error}): make one with `--out`") from None
    if saved.files.digest != saved.digest:
        raise Invalid(f"the texts in `{name}` are not those it was made from: plan again")
    return saved


def hold(saved: Saved, found: Survey) -> None:
    """Refuse where the world is no longer as it was planned for, naming all that moved."""
    moved = list(_moved(saved, found))
    if moved:
        more = [f"and {len(moved) - _MOST} more"] if len(moved) > _MOST else []
        count = "1 thing" if len(moved) == 1 else f"{len(moved)} things"
        raise Conflict(
            f"since the plan was saved, {count} moved: plan again",
            code="SavedPlanIsStale",
            details=tuple(Conflict(text) for text in [*moved[:_MOST], *more]),
        )


def _moved(saved: Saved, found: Survey) -> Iterator[str]:
    if saved.record != _etag(found):
        record = found.record
        yield (
            f"the estate was applied by `{record.by}` at {record.at}"
            if record
            else ("the record of the last apply is gone")
        )
    yield from _differences(
        {each["id"]: each for each in saved.steps}, {each["id"]: each for each in _steps(found)}
    )
    yield from _differences(
        {each: {"action": "delete"} for each in saved.removals},
        {each.desired.id: {"action": "delete"} for each in found.plan.deletes},
    )


def _differences(then: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for id in then.keys() | now.keys():
        if id not in now:
            yield f"`{id}` is no longer to {then[id]['action']}"
        elif id not in then:
            yield f"`{id}` is to {now[id]['action']} now"
        elif then[id] != now[id]:
            yield f"`{id}` has changed: what would be done to it is another thing"


def _steps(found: Survey) -> list[dict[str, Any]]:
    """As they are read from JSON, so that both sides compare."""
    steps = [
        {
            "action": step.action,
            "id": step.desired.id,
            "from": step.sources,
            "reasons": step.reasons,
        }
        for step in found.plan.changes
    ]
    return msgspec.json.decode(msgspec.json.encode(steps), type=list[dict[str, Any]])


def _etag(found: Survey) -> str:
    return found.record.etag if found.record else ""
