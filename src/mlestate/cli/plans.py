"""Plans and their outcomes, for people and for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ..core import roles
from ..estate.apply import Outcome, failed
from ..estate.compare import Difference
from ..estate.desired import Desired, Json
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
    counts = dict.fromkeys(("created", "changed", "failed", "skipped"), 0)
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
    heading, names = "", _names(plan)
    for step in sorted(plan.changes, key=lambda step: _place(step.desired.id)):
        place, rest = _place(step.desired.id)
        if place != heading:
            heading = place
            yield heading
        yield f"  {_SIGNS[step.action]} {_said(step.desired, rest, names)}"
        yield from (f"      {_reason(reason)}" for reason in step.reasons)


def _place(id: str) -> tuple[str, str]:
    """The resource group (or subscription, or `/estate/v1`), and what is said below it."""
    parts = id.strip("/").split("/")
    cut = 4 if len(parts) > 4 and parts[2].lower() == "resourcegroups" else 2
    return "/" + "/".join(parts[:cut]), "/".join(parts[cut:])


def _names(plan: Plan) -> dict[str, str]:
    """What object ids and role definitions of this plan are called."""
    names: dict[str, str] = {}
    for desired in (step.desired for step in plan.steps):
        name = desired.id.rsplit("/", 1)[-1]
        if object_id := desired.body.get("objectId"):
            names[str(object_id)] = name
        if role := _properties(desired).get("roleName"):
            names[name] = str(role)
    return names


def _said(desired: Desired, rest: str, names: Mapping[str, str]) -> str:
    kind, name = desired.type.rsplit("/", 1)[-1], desired.id.rsplit("/", 1)[-1]
    if kind == "roleAssignments":
        return _assignment(desired, names)
    if kind == "roleDefinitions":
        return f"role `{names[name]}`"
    # `providers/Microsoft.Storage/storageAccounts/x` says as much without its provider.
    return re.sub(r"^providers/[^/]+/", "", rest) or f"subscription `{desired.body['displayName']}`"


def _assignment(desired: Desired, names: Mapping[str, str]) -> str:
    properties = _properties(desired)
    definition = str(properties["roleDefinitionId"]).rsplit("/", 1)[-1]
    builtin = roles.by_id(definition)
    role = builtin.name if builtin else names.get(definition, definition)
    scope = desired.id.split("/providers/Microsoft.Authorization")[0].strip("/").split("/")
    where = "the whole subscription" if len(scope) == 2 else f"`{scope[-1]}`"
    holder = str(properties["principalId"])
    return f"`{role}` on {where} to `{names.get(holder, holder)}`"


def _properties(desired: Desired) -> Mapping[str, Json]:
    properties = desired.body.get("properties")
    return properties if isinstance(properties, Mapping) else {}


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
