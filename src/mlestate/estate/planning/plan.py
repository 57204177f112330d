"""What would change: the file against what there is. What it states counts, and stated before."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from ...catalog.schedule_requests import Status
from ...core.founders import is_founder
from ..desired import Desired, Document, Json
from ..port import Bulk, Port, Workers
from ..spec import Estate
from . import companions
from .companions import type_of
from .compare import Difference, differences, forgotten, same
from .graph import Needs, dependencies, ordered
from .lookup import look_up
from .moves import reason, relocated, successors
from .obstacles import namesake, obstacle, taken
from .ownership import Owned
from .removals import Removal, removals
from .revoking import emptied

# The datastores that a workspace is born with.
_BORN = re.compile(r".*/datastores/workspace(blob|artifact)store")
_PROGRAMS = "/estate/v1/serviceprincipals/"
# With these a file would be a second owner of what a directory owns.
_CLAIMED = ("members", "guest")
# Who, by the server's word, gave them their rights.
_FOUNDER = "mlestate"

Action = Literal["create", "change", "move", "keep"]
Actual = Mapping[str, Document]


class Step(msgspec.Struct, frozen=True):
    """A write. `reasons` says, for a change, which fields differ and how; `why`, for a move, what
    made it move from `sources`, some of which were in other `regions`; `obstacle`, why the server
    will not do it. `adopts`: it is there already, and was none of the file's so far. `replaces`
    has its name, and is deleted right before. `owner` is a directory elsewhere whose it is: it is
    kept, and `reasons` say what the file would have otherwise."""

    desired: Desired
    action: Action
    reasons: tuple[Difference, ...] = ()
    sources: tuple[str, ...] = ()
    why: str = ""
    obstacle: str = ""
    owner: str = ""
    regions: Mapping[str, str] = {}
    adopts: bool = False
    replaces: str = ""

    @property
    def key(self) -> str:
        return self.desired.id.lower()

    @property
    def makes(self) -> bool:
        """That nothing is there yet."""
        return self.action in ("create", "move")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`steps` in the order of making; `removals` in that of removing, done only with `prune` where
    they revoke no access. `extra` is there, and neither in the file nor any file's; it stays.
    `names` are those of who is there, by object id in lower case."""

    steps: list[Step]
    removals: list[Removal] = []
    extra: list[str] = []
    needs: Needs = {}
    prune: bool = False
    notes: tuple[str, ...] = ()
    names: Mapping[str, str] = {}

    @property
    def changes(self) -> list[Step]:
        return [step for step in self.steps if step.action != "keep"]

    @property
    def deletes(self) -> list[Removal]:
        """Those that an apply of this plan does."""
        return [each for each in self.removals if self.prune or each.revokes]

    @property
    def leaves(self) -> list[Removal]:
        """Those that are no longer in the file, and stay."""
        return [] if self.prune else [each for each in self.removals if not each.revokes]

    @property
    def stuck(self) -> list[Step]:
        """Those that the server will refuse."""
        return [step for step in self.changes if step.obstacle]

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
    gone = [each for key, each in things.items() if not (key in named or _own(key))]
    actual, seen = _look(desired, gone, port, workers)
    needs = dependencies(desired)
    others = ours.others if ours else frozenset()
    gone = [each for each in gone if _is_there(each, actual) and each.id.lower() not in others]
    gone = relocated(gone, desired, things.values()) if gone else []
    moved = successors(gone, desired) if gone else {}
    said = ours.owned.said if ours else {}
    steps = [
        step(each, actual.get(each.id.lower()), said.get(each.id.lower(), ()))
        for each in ordered(desired, needs)
    ]
    ends = {each.id.lower() for each in gone}
    steps = [_renaming(each, actual, ends, prune) for each in steps]
    steps = _moving(steps, gone, moved, ours, actual)
    if ours:
        steps = [_adopting(each, things, actual) for each in steps]
    if not prune:
        steps += [_emptying(*each) for each in emptied(gone, moved, said, actual)]
    after = _after(desired, actual)
    return Plan(
        steps=steps,
        removals=removals(gone, moved, after, things, port, workers, prune) if gone else [],
        extra=_extra(named | things.keys(), seen),
        needs=needs,
        prune=prune,
        notes=_notes(ours),
        names=_called(actual),
    )


def step(desired: Desired, actual: Document | None, said: Iterable[Document] = ()) -> Step:
    """`said` is what files stated of it before: what they do not any more is to go."""
    if actual is None:
        return Step(desired, "create", obstacle=obstacle(desired, None))
    reasons = tuple(differences(desired.body, actual))
    if owner := owner_of(actual):
        other = tuple(each for each in reasons if each.path in _CLAIMED and each.after)
        return Step(desired, "keep", other, owner=owner)
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


def owner_of(actual: Document) -> str:
    """Which directory elsewhere owns it; empty for what is the estate's own."""
    return str(actual.get("managedBy") or "")


def _look(
    desired: Sequence[Desired], gone: Sequence[Desired], port: Port, workers: Workers
) -> tuple[Actual, Actual]:
    """What there is of these, and of what may be in their way; and all that is of their types."""
    wanted = [*desired, *gone]
    types = {each.type for each in wanted}
    beside = companions.of(desired, gone)
    seen = port.snapshot(sorted(types | beside)) if isinstance(port, Bulk) else {}
    # What the snapshot does not show may still be there: it is looked up before it is called new.
    unseen = [each.id for each in wanted if each.id.lower() not in seen]
    found = look_up(unseen, port, workers) | dict(seen)
    return found, {key: each for key, each in seen.items() if type_of(key) not in beside - types}


def _after(desired: Sequence[Desired], actual: Actual) -> Actual:
    """What there is once all is as the file says: removals come after that."""
    return {**actual, **{each.id.lower(): {**each.body, "id": each.id} for each in desired}}


def _is_there(desired: Desired, actual: Actual) -> bool:
    found = actual.get(desired.id.lower())
    if found is None or owner_of(found):
        return False  # what a directory owns now is not ours to remove
    return _property(found, "provisioningState") != "Deleting"


def _renaming(step: Step, actual: Actual, gone: Collection[str], prune: bool) -> Step:
    """Where somebody of another kind has the name, it is made once they are gone."""
    if step.action != "create" or not (other := namesake(step.desired, actual)):
        return step
    if prune and other in gone:
        return msgspec.structs.replace(step, replaces=other)
    why = taken(other, actual[other], other in gone)
    return msgspec.structs.replace(step, obstacle=why)


def _moving(
    steps: list[Step],
    gone: Sequence[Desired],
    moved: Mapping[str, list[Desired]],
    ours: Ours | None,
    actual: Actual,
) -> list[Step]:
    """A creation of what is somewhere else already is a move."""
    sources: dict[str, list[Desired]] = {}
    for old in gone:
        for new in moved.get(old.id.lower(), ()):
            sources.setdefault(new.id.lower(), []).append(old)
    if ours is None or not sources:
        return steps
    return [_moved(each, sources.get(each.key, []), ours, actual) for each in steps]


def _moved(step: Step, sources: list[Desired], ours: Ours, actual: Actual) -> Step:
    if step.action != "create" or not sources:
        return step
    why = reason(sources[0], step.desired, ours.owned.before, ours.estate)
    was = {each.id: actual[each.id.lower()].get("location") for each in sources}
    now = step.desired.body.get("location")
    return Step(
        step.desired,
        "move",
        sources=tuple(was),
        why=why,
        obstacle=step.obstacle,
        regions={id: str(at) for id, at in was.items() if at and not same(now, at, "location")},
    )


def _adopting(step: Step, things: Mapping[str, Desired], actual: Actual) -> Step:
    if step.key in things or step.key not in actual:
        return step
    return msgspec.structs.replace(step, adopts=True)


def _emptying(group: Desired, members: Difference) -> Step:
    why = "the file has these groups no more, and puts nobody into them"
    return Step(group, "change", (members,), why=why)


def _extra(known: set[str], seen: Actual) -> list[str]:
    """What a file could have named and none does."""
    others = {key: document for key, document in seen.items() if key not in known}
    own = {document.get("objectId") for key, document in others.items() if _own(key)}
    return sorted(
        str(document.get("id") or key)
        for key, document in others.items()
        if not _own(key)
        and not owner_of(document)
        # The record of a right that ended.
        and _property(document, "status") != Status.REVOKED.value
        and _property(document, "createdBy") != _FOUNDER
        and _property(document, "type") != "BuiltInRole"
        and _property(document, "principalId") not in own - {None}
    )


def _called(actual: Actual) -> Mapping[str, str]:
    return {
        str(object_id).lower(): key.rpartition("/")[2]
        for key, document in actual.items()
        if (object_id := document.get("objectId"))
    }


def _own(key: str) -> bool:
    """Never made by a file, whatever one says."""
    program = key.startswith(_PROGRAMS) and is_founder(key.removeprefix(_PROGRAMS))
    return program or _BORN.fullmatch(key) is not None


def _notes(ours: Ours | None) -> tuple[str, ...]:
    if ours is None or not ours.owned.trouble:
        return ()
    text = f"what an earlier file made is not known, since it cannot be read: {ours.owned.trouble}"
    return (text,)


def _property(document: Document, name: str) -> Json:
    properties = document.get("properties")
    return properties.get(name) if isinstance(properties, Mapping) else None
