"""What is the same thing at another address, and why it is there: by what things are for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ...core import naming
from ..desired import Desired
from ..layout.logical import each_project
from ..layout.places import PATTERNS, PROVIDERS, pattern
from ..spec import Estate

Pairs = Mapping[str, list[Desired]]
# Behind the region of a key: what it is for may be in any other by now.
_ANYWHERE = "*"
_KINDS = {provider.lower(): kind for kind, provider in PROVIDERS.items()} | {
    "microsoft.resources/subscriptions/resourcegroups": "resourceGroup",
    "mlestate/groups": "group",
}
_KEYS = {**PATTERNS, "group": "group"}


def successors(gone: Iterable[Desired], desired: Iterable[Desired]) -> dict[str, list[Desired]]:
    """For the id, in lower case, of each that is gone from the file: those that it is now.

    One workspace for each of two projects may become one for their team, and the reverse.
    """
    now: dict[str, dict[str, Desired]] = {}
    for each in desired:
        for key in each_project(each.key):
            now.setdefault(key, {})[each.id] = each
            now.setdefault(_anywhere(key), {})[each.id] = each
    found: dict[str, list[Desired]] = {}
    for old in gone:
        keys = (each for key in each_project(old.key) for each in _meant(key, now))
        matches = {id: new for key in keys for id, new in now[key].items()}
        if matches:
            found[old.id.lower()] = list(matches.values())
    return found


def relocated(
    gone: Iterable[Desired], desired: Iterable[Desired], things: Iterable[Desired]
) -> list[Desired]:
    """What is gone, with a mark on the key of each that is for something in another region now.

    That is told by `things`, what earlier files made: a project that had nothing yet in the region
    where it is now has moved there; one that was there as well has just left a region.
    """
    before = {key for each in things for key in each_project(each.key)}
    now = {key for each in desired for key in each_project(each.key)}
    fresh = {_anywhere(key) for key in now - before}
    return [_marked(each, now, fresh) for each in gone]


def _marked(old: Desired, now: set[str], fresh: set[str]) -> Desired:
    if not any(key not in now and _anywhere(key) in fresh for key in each_project(old.key)):
        return old
    *place, region, kind = old.key.split("/", 4)
    region = region.removesuffix(_ANYWHERE) + _ANYWHERE
    return msgspec.structs.replace(old, key="/".join((*place, region, kind)))


def _meant(key: str, now: Mapping[str, object]) -> Iterator[str]:
    """The key of what it is now: in its own region, or else where else it may be."""
    *place, region, kind = key.split("/", 4)
    own = "/".join((*place, region.removesuffix(_ANYWHERE), kind))
    if own in now:
        yield own
    elif region.endswith(_ANYWHERE) and _anywhere(key) in now:
        yield _anywhere(key)


def _anywhere(key: str) -> str:
    *place, _, kind = key.split("/", 4)
    return "/".join((*place, _ANYWHERE, kind))


def reason(old: Desired, new: Desired, before: Estate | None, after: Estate) -> str:
    """What of the file was changed that made it move; as well as can be told."""
    if before is None:
        return "an earlier file had it there"
    return (
        _subscription(old, new, before, after)
        or _pattern_of_teams(new, before, after)
        or _naming(new, before, after)
        or _tenant(new, before, after)
        or "its name follows from what was changed in the file"
    )


def _subscription(old: Desired, new: Desired, before: Estate, after: Estate) -> str:
    was, now = _of_subscription(old.id), _of_subscription(new.id)
    if was == now:
        return ""
    names = [_name_of(was, before), _name_of(now, after)]
    environment = new.key.split("/")[2]
    return f"`{environment}` is in subscription {names[1]} now, was in {names[0]}"


def _pattern_of_teams(new: Desired, before: Estate, after: Estate) -> str:
    name = new.key.split("/")[0]
    was, now = (_division(estate, name) for estate in (before, after))
    if was is None or now is None or was == now:
        return ""
    return f"`divisions.{name}.workspacePer` changed from `{was}` to `{now}`"


def _naming(new: Desired, before: Estate, after: Estate) -> str:
    for key in _named_by(new):
        was, now = pattern(before.naming, key), pattern(after.naming, key)
        if was != now:
            return f"`naming.{key}` changed from `{was}` to `{now}`"
    return ""


def _tenant(new: Desired, before: Estate, after: Estate) -> str:
    hashed = any(_hashed(after, key) for key in _named_by(new))
    return other_tenant(before, after) if hashed else ""


def other_tenant(before: Estate, after: Estate) -> str:
    """What of names follows from a directory that was changed; empty where it is the same."""
    was, now = before.azure.tenant, after.azure.tenant
    if was == now or not any(_hashed(after, key) for key in PATTERNS.values()):
        return ""
    return f"`azure.tenant` changed from `{was}` to `{now}`, and `{{hash5}}` in names is made of it"


def _hashed(estate: Estate, key: str) -> bool:
    return "hash5" in naming.placeholders(pattern(estate.naming, key))


def _named_by(new: Desired) -> Iterator[str]:
    """The keys of `naming` that its address is made with: what stands in a thing moves with it."""
    for kind in (_KINDS.get(new.type.lower(), ""), "workspace", "resourceGroup"):
        if kind in _KEYS:
            yield _KEYS[kind]


def _division(estate: Estate, name: str) -> str | None:
    return next(
        (each.workspace_per for key, each in estate.divisions.items() if key.lower() == name), None
    )


def _of_subscription(id: str) -> str:
    parts = id.lower().split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "subscriptions" else ""


def _name_of(guid: str, estate: Estate) -> str:
    named = {value.lower(): key for key, value in estate.azure.subscriptions.items()}
    return f"`{named.get(guid, guid)}`"
