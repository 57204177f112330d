"""What would be removed: owned, there, and in the file no longer; with all that hangs on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ...catalog.schedule_requests import ACTIVATIONS
from ..desired import Desired, Document
from ..port import Port, Workers
from .companions import type_of
from .contents import Contents, ask, guarded, name
from .graph import above, dependencies, names_of, ordered, references
from .in_use import in_use
from .revoking import GROUPS, Locked, revoked

_REGIONS = "Mlestate.Organization/regions"


class Removal(msgspec.Struct, frozen=True):
    """`contents` is what is lost with it; `dependants` speak of it and stay; `successors` is what
    it has become. `needs` are other removals that it stands in or speaks of: they come later.
    `revokes`: it gives access that no file gives any more, and goes with any apply. `locked` says
    what will make the server refuse that; `in_use`, what somebody gave of it by hand."""

    desired: Desired
    contents: Contents = Contents()
    dependants: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    revokes: bool = False
    locked: str = ""
    in_use: str = ""

    @property
    def key(self) -> str:
        return self.desired.id.lower()


def removals(
    gone: Sequence[Desired],
    moved: Mapping[str, list[Desired]],
    actual: Mapping[str, Document],
    owned: Mapping[str, Desired],
    port: Port,
    workers: Workers,
    prune: bool = False,
) -> list[Removal]:
    """In the order of removing: what stands in another or needs it goes first.

    `actual` is what there is by then, the rest of the file being applied.
    """
    now = _as_it_is(gone, actual)
    needs = dependencies(now)
    inside = _contents(now, owned, port, workers)
    used, by_hand = _dependants(now, actual), in_use(now, actual)
    bare = {each.id.lower() for each in gone if each.type == GROUPS} - moved.keys()
    locked, all_locked = (Locked(gone, actual, only) for only in (True, prune))

    def one(each: Desired, revokes: bool) -> Removal:
        key = each.id.lower()
        # Where nobody is left who could use it, what is locked can wait.
        revokes = revokes and not (all_locked.why(key) and bare & needs[key])
        return Removal(
            each,
            inside.get(key, Contents()),
            tuple(used.get(key, ())),
            tuple(new.id for new in moved.get(key, ())),
            frozenset(needs[key]),
            revokes,
            (all_locked if revokes else locked).why(key),
            by_hand.get(key, ""),
        )

    given = {each.id.lower() for each in revoked(gone, moved, actual)}
    return [one(each, each.id.lower() in given) for each in reversed(ordered(now, needs))]


def _as_it_is(gone: Sequence[Desired], actual: Mapping[str, Document]) -> list[Desired]:
    """It may need other things than when it was applied. That it is in a region is said by name."""
    regions = {name(each.id).lower(): each.id for each in gone if each.type == _REGIONS}
    found = []
    for each in gone:
        body = actual[each.id.lower()]
        region = regions.get(str(body.get("location")).lower())
        needs = (region,) if region else ()
        found.append(msgspec.structs.replace(each, body=body, needs=needs))
    return found


def _contents(
    now: Sequence[Desired], owned: Mapping[str, Desired], port: Port, workers: Workers
) -> dict[str, Contents]:
    asked = [each.id for each in now if guarded(each.type)]
    found = workers(lambda each: ask(port, each).less(owned.keys()), asked)
    return {id.lower(): contents for id, contents in zip(asked, found, strict=True)}


def _dependants(now: Sequence[Desired], actual: Mapping[str, Document]) -> dict[str, list[str]]:
    """Who speaks of it and stays. What stands in it goes with it, and is no dependant."""
    names = names_of(now)
    going = set(names.values())
    found: dict[str, list[str]] = {}
    for key, document in actual.items():
        if key in going or type_of(key) == ACTIVATIONS or not going.isdisjoint(above(key)):
            continue
        # Its own address speaks of what it stands in alone.
        for target in sorted(references(document, names)):
            found.setdefault(target, []).append(str(document.get("id") or key))
    return found
