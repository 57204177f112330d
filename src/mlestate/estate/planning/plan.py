"""What would change: the file against what there is. What it states counts, and stated before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from ..desired import Desired, Document, Json
from ..port import Bulk, Port, Workers
from ..spec import Estate
from .compare import Difference, differences, forgotten
from .contents import Contents
from .graph import Needs, dependencies, ordered
from .lookup import look_up
from .moves import reason, successors
from .obstacles import obstacle
from .ownership import Owned
from .removals import Removal, removals

# The administrator and the agents, made by the first start, and the datastores that a workspace is
# born with: never made by a file.
_OWN = re.compile(
    r"/estate/v1/serviceprincipals/(admin|agent-.*)|.*/datastores/workspace(blob|artifact)store"
)
# Who, by the server's word, gave them their rights.
_FOUNDER = "mlestate"

Action = Literal["create", "change", "move", "keep"]
Actual = Mapping[str, Document]


class Step(msgspec.Struct, frozen=True):
    """A write. `reasons` says, for a change, which fields differ and how; `why`, for a move, what
    made it move from `sources`; `obstacle`, why the server will not do it."""

    desired: Desired
    action: Action
    reasons: tuple[Difference, ...] = ()
    sources: tuple[str, ...] = ()
    why: str = ""
    obstacle: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`steps` in the order of making; `removals` in that of removing, done only with `prune`.
    `extra` is there, and neither in the file nor any file's; it stays, as `left` does."""

    steps: list[Step]
    removals: list[Removal] = []
    extra: list[str] = []
    needs: Needs = {}
    prune: bool = False
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> list[Step]:
        return [step for step in self.steps if step.action != "keep"]

    @property
    def deletes(self) -> list[Removal]:
        """Those that an apply of this plan does."""
        return self.removals if self.prune else []

    def count(self, action: Action) -> int:
        return sum(step.action == action for step in self.steps)

    @property
    def exit_code(self) -> int:
        """0 when there is nothing to do, 2 when there is."""
        return 2 if self.changes or self.deletes else 0


class Ours(msgspec.Struct, frozen=True):
    """Whose estate it is that is planned, for moves and removals."""

    estate: Estate
    owned: Owned
    # What other estates' files name: it is theirs as well, and not removed.
    others: frozenset[str] = frozenset()


def plan(
    desired: Sequence[Desired],
    port: Port,
    workers: Workers = map,
    ours: Ours | None = None,
    prune: bool = False,
) -> Plan:
    """Without `ours` there is nothing but to make and to change."""
    named = {each.id.lower() for each in desired}
    things = ours.owned.things if ours else {}
    gone = [each for key, each in things.items() if key not in named]
    actual, seen = _look([*desired, *gone], port, workers)
    needs = dependencies(desired)
    others = ours.others if ours else frozenset()
    gone = [each for each in gone if _is_there(each, actual) and each.id.lower() not in others]
    moved = successors(gone, desired) if gone else {}
    said = ours.owned.said if ours else {}
    steps = [
        step(each, actual.get(each.id.lower()), said.get(each.id.lower(), ()))
        for each in ordered(desired, needs)
    ]
    return Plan(
        steps=_moving(steps, gone, moved, ours),
        removals=removals(gone, moved, _after(desired, actual), things, port, workers)
        if gone
        else [],
        extra=_extra(named | things.keys(), seen),
        needs=needs,
        prune=prune,
        notes=_notes(ours),
    )


def step(desired: Desired, actual: Document | None, said: Iterable[Document] = ()) -> Step:
    """`said` is what files stated of it before: what they do not any more is to go."""
    if actual is None:
        return Step(desired, "create", obstacle=obstacle(desired, None))
    reasons = tuple(differences(desired.body, actual))
    dropped = {
        each.path: each
        for body in said
        if body is not desired.body
        for each in forgotten(body, desired.body, actual)
    }
    if not reasons and not dropped:
        return Step(desired, "keep")
    changed = (*reasons, *dropped.values())
    return Step(desired, "change", changed, obstacle=obstacle(desired, actual))


def held(plan: Plan) -> list[tuple[Removal, Contents]]:
    """What the plan would remove together with what is in it."""
    return [(each, each.contents) for each in plan.deletes if not each.contents.empty]


def _look(wanted: Sequence[Desired], port: Port, workers: Workers) -> tuple[Actual, Actual]:
    """What there is of the wanted, and all that the snapshot shows."""
    types = sorted({each.type for each in wanted})
    seen = port.snapshot(types) if isinstance(port, Bulk) else {}
    # What the snapshot does not show may still be there: it is looked up before it is called new.
    unseen = [each.id for each in wanted if each.id.lower() not in seen]
    return look_up(unseen, port, workers) | dict(seen), seen


def _after(desired: Sequence[Desired], actual: Actual) -> Actual:
    """What there is once all is as the file says: removals come after that."""
    return {**actual, **{each.id.lower(): {**each.body, "id": each.id} for each in desired}}


def _is_there(desired: Desired, actual: Actual) -> bool:
    found = actual.get(desired.id.lower())
    return found is not None and _property(found, "provisioningState") != "Deleting"


def _moving(
    steps: list[Step],
    gone: Sequence[Desired],
    moved: Mapping[str, list[Desired]],
    ours: Ours | None,
) -> list[Step]:
    """A creation of what is somewhere else already is a move."""
    sources: dict[str, list[Desired]] = {}
    for old in gone:
        for new in moved.get(old.id.lower(), ()):
            sources.setdefault(new.id.lower(), []).append(old)
    if ours is None or not sources:
        return steps
    return [_moved(each, sources.get(each.desired.id.lower(), []), ours) for each in steps]


def _moved(step: Step, sources: list[Desired], ours: Ours) -> Step:
    if step.action != "create" or not sources:
        return step
    why = reason(sources[0], step.desired, ours.owned.before, ours.estate)
    return Step(
        step.desired,
        "move",
        sources=tuple(each.id for each in sources),
        why=why,
        obstacle=step.obstacle,
    )


def _extra(known: set[str], seen: Actual) -> list[str]:
    """What a file could have named and none does."""
    others = {key: document for key, document in seen.items() if key not in known}
    own = {document.get("objectId") for key, document in others.items() if _OWN.fullmatch(key)}
    return sorted(
        str(document.get("id") or key)
        for key, document in others.items()
        if not _OWN.fullmatch(key)
        and _property(document, "createdBy") != _FOUNDER
        and _property(document, "type") != "BuiltInRole"
        and _property(document, "principalId") not in own - {None}
    )


def _notes(ours: Ours | None) -> tuple[str, ...]:
    if ours is None or not ours.owned.trouble:
        return ()
    text = f"what an earlier file made is not known, since it cannot be read: {ours.owned.trouble}"
    return (text,)


def _property(document: Document, name: str) -> Json:
    properties = document.get("properties")
    return properties.get(name) if isinstance(properties, Mapping) else None
