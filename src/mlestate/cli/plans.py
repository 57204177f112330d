"""Plans, for people and for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from ..app.holders import at_work
from ..catalog.break_glass import GLASS
from ..estate.applying.reconcile import Survey
from ..estate.desired import DENIALS, LOCKS, Desired
from ..estate.planning.contents import name
from ..estate.planning.graph import above, reversed_of
from ..estate.planning.plan import Plan, Step
from ..estate.planning.record import Record
from ..estate.planning.removals import Removal
from ..estate.planning.revoking import GROUPS, scope_of
from ..estate.planning.staying import staying
from . import left_behind
from .called import counted, names_of, said
from .fields import lines
from .times import moment

T = TypeVar("T")
_SIGNS = {"create": "+", "change": "~", "move": "~>"}
_MOST_EXTRA = 10
_ASSIGNMENT = re.compile("/providers/Microsoft.Authorization/roleAssignments/.*", re.I)
_PROVIDER = re.compile(r"(^|(?<=/))providers/[^/]+/", re.I)
_LOCKS = "/providers/Microsoft.Authorization/locks/"
# What decides who may do what.
_ACCESS = ("Microsoft.Authorization/role", GROUPS, DENIALS, GLASS)
_ADOPTED = "adopted: it was here before; from this apply on it is this file's, as if it made it"
_ABOUT_MOVES = (
    "~> is made anew at its new address; what it was stays, with all that it holds, "
    "until it is pruned"
)


def as_document(found: Survey) -> dict[str, Any]:
    plan = found.plan
    dependants, stay = reversed_of(plan.needs), staying(plan.removals)
    return {
        "estate": found.estate.id,
        "digest": found.files.digest,
        "lastApply": record_document(found.record),
        "changes": [_step(step, plan, dependants) for step in plan.changes],
        "prune": plan.prune,
        "deletes": [_removal(removal, plan, stay) for removal in plan.removals],
        "unchanged": plan.count("keep"),
        "adopted": [step.desired.id for step in plan.steps if step.adopts],
        "notInFile": plan.extra,
        "notes": list(plan.notes),
    }


def as_text(found: Survey, file: str = "FILE") -> str:
    """`file` is what was planned, as whoever asked wrote it."""
    plan = found.plan
    names = {**plan.names, **names_of(found.owned), **names_of(found.desired)}
    parts = (
        *_nothing_but_left(plan),
        *(f"note: {note}" for note in (*_interrupted(found.record), *plan.notes)),
        *_changes(plan, names),
        *_revoked(plan, names),
        *_removals(plan, names),
        *not_in_file(plan.extra),
        *([_ABOUT_MOVES] if plan.count("move") else []),
        *_who_gains(found, file),
        _verdict(plan),
    )
    return "\n".join(parts)


def record_document(record: Record | None) -> dict[str, Any] | None:
    if record is None:
        return None
    lease = record.lease
    return {
        "state": record.state,
        "underWay": at_work(record),
        "digest": record.digest,
        "by": record.by,
        "at": record.at,
        "holder": lease.holder if lease else "",
        "since": lease.since if lease else "",
        "until": lease.until if lease else "",
    }


def how_it_stands(record: Record) -> str:
    """What became of the last apply, in one line; empty where it did all that it was to do."""
    lease = record.lease
    where = f" on {lease.holder}" if lease and lease.holder else ""
    since = moment(lease.since if lease else record.at)
    if at_work(record):
        return f"`{record.by}`{where} applies this estate since {since}"
    if record.state == "Applying":
        return f"the apply of `{record.by}`{where} that began at {since} was cut off: run it again"
    if record.state == "Partial":
        return f"the apply of `{record.by}`{where} that began at {since} did not do all"
    return ""


def by_place(items: Iterable[T], id: Callable[[T], str]) -> Iterator[tuple[str, str, T]]:
    """With a heading per place, given once, so that an id's long beginning is read once."""
    heading = ""
    for item in sorted(items, key=lambda each: _place(id(each))):
        place, rest = _place(id(item))
        yield ("" if place == heading else place), rest, item
        heading = place


def not_in_file(extra: list[str]) -> Iterator[str]:
    if extra:
        yield f"{len(extra)} not in the file (they stay):"
        yield from (f"  . {each}" for each in extra[:_MOST_EXTRA])
        if len(extra) > _MOST_EXTRA:
            yield "  … `-o json` lists all of them"


def _step(step: Step, plan: Plan, dependants: Mapping[str, set[str]]) -> dict[str, Any]:
    key = step.desired.id.lower()
    entry: dict[str, Any] = {
        "action": step.action,
        "id": step.desired.id,
        "type": step.desired.type,
    }
    if step.reasons:
        entry["reasons"] = [msgspec.to_builtins(reason) for reason in step.reasons]
    if step.sources:
        entry["from"] = list(step.sources)
    if step.regions:
        entry["fromRegions"] = dict(step.regions)
    if step.why:
        entry["why"] = step.why
    if step.replaces:
        entry["replaces"] = step.replaces
    if step.adopts:
        entry["adopts"] = True
    if step.obstacle:
        entry["obstacle"] = step.obstacle
    return entry | {
        "dependsOn": sorted(plan.needs.get(key, ())),
        "dependants": sorted(dependants.get(key, ())),
    }


def _removal(removal: Removal, plan: Plan, stay: Mapping[str, str]) -> dict[str, Any]:
    done = plan.prune or removal.revokes
    return {
        "action": "delete",
        "id": removal.desired.id,
        "type": removal.desired.type,
        "holds": dict(removal.contents.holds),
        "inside": list(removal.contents.inside),
        "more": removal.contents.more,
        "dependants": list(removal.dependants),
        "successors": list(removal.successors),
        "revokes": removal.revokes,
        "deleted": done and removal.key not in stay,
        "stays": stay.get(removal.key, ""),
    }


def _interrupted(record: Record | None) -> Iterator[str]:
    if record is not None and (text := how_it_stands(record)):
        yield text


def _changes(plan: Plan, names: Mapping[str, str]) -> Iterator[str]:
    told = ""
    for heading, rest, step in by_place(plan.changes, lambda each: each.desired.id):
        if heading:
            yield heading
        if step.why and step.why != told:
            yield f"  because {step.why}:"
        told = step.why or told
        yield f"  {_SIGNS[step.action]} {said(step.desired, rest, names)}"
        yield from (f"      {line}" for each in step.reasons for line in lines(each, names))
        if step.sources:
            yield f"      was {_briefly(step.sources)}"
        yield from (f"      {each}" for each in _other_regions(step))
        if step.replaces:
            yield f"      {_brief(step.replaces)} has the name, and is deleted first"
        if step.adopts:
            yield f"      {_ADOPTED}"
        if step.obstacle:
            yield f"      ! {step.obstacle}"


def _who_gains(found: Survey, file: str) -> Iterator[str]:
    """Where there was access already, and it changes."""
    plan = found.plan
    types = [*(each.desired.type for each in plan.changes), *(e.desired.type for e in plan.deletes)]
    if found.record and any(type.startswith(_ACCESS) for type in types):
        prune = " --prune" if plan.prune else ""
        yield f"who gains or loses what by this: `mlestate access diff --plan {file}{prune}`"


def _other_regions(step: Step) -> Iterator[str]:
    """Where it moves to another region: the data that was there is in that region still."""
    places: dict[str, list[str]] = {}
    for id, region in step.regions.items():
        places.setdefault(region, []).append(id)
    now = step.desired.body.get("location")
    for region, ids in places.items():
        yield f"in `{now}` now: {_briefly(ids)} is in `{region}`, and so is its data"


def _nothing_but_left(plan: Plan) -> Iterator[str]:
    if plan.exit_code == 0 and plan.leaves:
        yield f"nothing to make or change; {left_behind.count(plan.leaves)} until pruned"


def _revoked(plan: Plan, names: Mapping[str, str]) -> Iterator[str]:
    """One by one: it is who loses what. What goes together with what it is on is said there."""
    stay = staying(plan.deletes)
    going = {each.key for each in plan.deletes if each.key not in stay}
    found = [each for each in plan.deletes if each.revokes and scope_of(each.key) not in going]
    if found:
        yield "access that the file no longer gives, taken back:"
    for heading, rest, removal in by_place(found, lambda each: each.desired.id):
        if heading:
            yield heading
        yield f"  - {said(removal.desired, rest, names)}"
        if removal.locked:
            yield f"      ! {removal.locked}"


def _removals(plan: Plan, names: Mapping[str, str]) -> Iterator[str]:
    stay = staying(plan.removals)
    going = {each.key for each in plan.deletes if each.key not in stay}
    pruned = [each for each in plan.deletes if not each.revokes or scope_of(each.key) in going]
    if plan.prune and pruned:
        yield "no longer in the file, and deleted:"
        yield from _listed(pruned, plan, stay, names)
    if plan.leaves:
        yield "no longer in the file; they stay (`--prune` deletes them):"
        many = len(plan.leaves) > _MOST_EXTRA
        yield from (
            left_behind.by_solution(plan.leaves)
            if many
            else _listed(plan.leaves, plan, stay, names)
        )


def _listed(
    told: Sequence[Removal], plan: Plan, stay: Mapping[str, str], names: Mapping[str, str]
) -> Iterator[str]:
    """What is given on a thing of them is but counted there."""
    known = {each.key for each in told}
    moved = {step.desired.id for step in plan.changes if step.action == "move"}
    alone = [each for each in told if scope_of(each.key) not in known]
    given: dict[str, list[Desired]] = {}
    for each in told:
        if (scope := scope_of(each.key)) in known:
            given.setdefault(scope, []).append(each.desired)
    for heading, rest, removal in by_place(alone, lambda each: each.desired.id):
        if heading:
            yield heading
        grants = f", with {counted(given[removal.key])}" if removal.key in given else ""
        yield f"  - {said(removal.desired, rest, names)}{grants}"
        if removal.key in stay:
            yield f"      stays: {stay[removal.key]}"
        if plan.prune and removal.locked:
            yield f"      ! {removal.locked}"
        if locked := _locked(removal, plan):
            yield f"      is locked on `{name(locked)}`: that lock goes first"
        # Said already, where it is this plan that moves it.
        if not moved.issuperset(removal.successors):
            yield f"      replaced by {_briefly(removal.successors)}"
        if removal.dependants:
            yield f"      used by {_briefly(removal.dependants)}"


def _locked(removal: Removal, plan: Plan) -> str:
    """What has the lock that keeps it, where that lock goes in this plan too; empty for none."""
    if removal.desired.type == LOCKS:
        return ""
    scopes = {
        each.desired.id.lower().partition(_LOCKS.lower())[0]
        for each in plan.deletes
        if each.desired.type == LOCKS
    }
    return next((each for each in (removal.key, *above(removal.key)) if each in scopes), "")


def _briefly(ids: Sequence[str]) -> str:
    shown = ", ".join(_brief(each) for each in ids[:_MOST_EXTRA])
    return f"{shown} and {len(ids) - _MOST_EXTRA} more" if len(ids) > _MOST_EXTRA else shown


def _brief(id: str) -> str:
    """The resource group and the names below it; of an assignment, those of what it is on."""
    own = _ASSIGNMENT.sub("", id)
    parts = own.strip("/").split("/")
    if not own:
        return "who may use the whole estate"
    if len(parts) < 5 or parts[2].lower() != "resourcegroups":
        return name(own)
    # Less the providers, types and names stand there by turns.
    below = _PROVIDER.sub("", "/".join(parts[4:])).split("/")
    return "/".join([parts[3], *below[1::2]])


def _verdict(plan: Plan) -> str:
    also = f"; {left_behind.count(plan.leaves)}" if plan.leaves else ""
    if plan.exit_code == 0:
        begin = "" if plan.leaves else "nothing to do: "
        adopted = sum(step.adopts for step in plan.steps)
        also += f"; this file adopts {adopted} of them, which it did not make" if adopted else ""
        return f"{begin}all {len(plan.steps)} resources are as the file says{also}"
    counts = [(plan.count("create"), "create"), (plan.count("change"), "change")]
    held = len(staying(plan.deletes))
    optional = [(plan.count("move"), "move"), (len(plan.deletes) - held, "delete")]
    counts += [(count, word) for count, word in optional if count]
    listed = ", ".join(f"{count} to {word}" for count, word in counts)
    listed += f", {held} that cannot be deleted so" if held else ""
    also += "; nothing is begun before what is marked with ! is mended" if plan.stuck else ""
    return f"{listed}, {plan.count('keep')} as they should be{also}"


def _place(id: str) -> tuple[str, str]:
    """The resource group (or subscription, or `/estate/v1`), and what is said below it."""
    parts = id.strip("/").split("/")
    cut = 4 if len(parts) > 4 and parts[2].lower() == "resourcegroups" else 2
    return "/" + "/".join(parts[:cut]), "/".join(parts[cut:])
