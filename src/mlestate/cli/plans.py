"""Plans and their outcomes, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ..estate.apply import Outcome, failed
from ..estate.compare import Difference
from ..estate.desired import Json
from ..estate.plan import Plan, Step

_SIGNS = {"create": "+", "change": "~"}
_MOST_EXTRA = 10
_LONGEST = 60


def as_document(plan: Plan) -> dict[str, Any]:
    return {
        "changes": [_step(step) for step in plan.changes],
        "unchanged": plan.count("keep"),
        "notInFile": plan.extra,
    }


def as_text(plan: Plan) -> str:
    return "\n".join([*_changes(plan), *_extra(plan), _verdict(plan)])


def outcomes_document(outcomes: Sequence[Outcome]) -> list[Any]:
    return [msgspec.to_builtins(outcome) for outcome in outcomes]


def outcome_text(outcome: Outcome) -> str:
    why = f": {outcome.why}" if outcome.why else ""
    return f"{outcome.result:8} {outcome.id}{why}"


def summary(outcomes: Sequence[Outcome], total: int) -> str:
    if not outcomes:
        return f"nothing to do: all {total} resources are as the file says"
    counts = {word: 0 for word in ("created", "changed", "failed", "skipped")}
    for outcome in outcomes:
        counts[outcome.result] += 1
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    again = "; mend what failed and run it again" if failed(list(outcomes)) else ""
    return f"{said}, {total - len(outcomes)} as they were{again}"


def _step(step: Step) -> dict[str, Any]:
    reasons = [msgspec.to_builtins(reason) for reason in step.reasons]
    entry = {"action": step.action, "id": step.desired.id, "type": step.desired.type}
    return {**entry, "reasons": reasons} if reasons else entry


def _changes(plan: Plan) -> Iterator[str]:
    """A heading per place, so that an id's long beginning is read once."""
    heading = ""
    for step in sorted(plan.changes, key=lambda step: _place(step.desired.id)):
        place, rest = _place(step.desired.id)
        if place != heading:
            heading = place
            yield heading
        yield f"  {_SIGNS[step.action]} {_short(rest, step)}"
        yield from (f"      {_reason(reason)}" for reason in step.reasons)


def _place(id: str) -> tuple[str, str]:
    """The resource group (or subscription, or address) and what is said below it."""
    parts = id.strip("/").split("/")
    cut = 4 if len(parts) > 4 and parts[2].lower() == "resourcegroups" else 2
    return "/" + "/".join(parts[:cut]), "/".join(parts[cut:])


def _short(rest: str, step: Step) -> str:
    if step.desired.type == "Microsoft.Authorization/roleAssignments":
        scope = rest.split("/providers/Microsoft.Authorization")[0].rsplit("/", 1)[-1]
        return f"roleAssignments {_role(step)} on {scope if '/' in rest else 'all of it'}"
    return rest.removeprefix("providers/") or step.desired.type.rsplit("/", 1)[-1]


def _role(step: Step) -> str:
    from ..core import roles

    properties: Any = step.desired.body["properties"]
    role = roles.by_id(properties["roleDefinitionId"])
    return f"`{role.name}`" if role else "of a custom role"


def _reason(reason: Difference) -> str:
    return f"{reason.path}: {_value(reason.before)} -> {_value(reason.after)}"


def _value(value: Json) -> str:
    if value is None:
        return "(nothing)"
    text = json.dumps(value, ensure_ascii=False, default=list)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _extra(plan: Plan) -> Iterator[str]:
    if plan.extra:
        yield f"{len(plan.extra)} not in the file (they stay):"
        yield from (f"  . {each}" for each in plan.extra[:_MOST_EXTRA])
        if len(plan.extra) > _MOST_EXTRA:
            yield "  … `-o json` lists all of them"


def _verdict(plan: Plan) -> str:
    if not plan.changes:
        return f"nothing to do: all {len(plan.steps)} resources are as the file says"
    create, change, keep = (plan.count(a) for a in ("create", "change", "keep"))
    return f"{create} to create, {change} to change, {keep} as they should be"
