"""What is the same thing at another address, and why it is there: by what things are for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..desired import Desired
from ..layout.logical import each_project
from ..layout.places import PATTERNS, PROVIDERS, pattern
from ..spec import Estate

Pairs = Mapping[str, list[Desired]]
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
    found: dict[str, list[Desired]] = {}
    for old in gone:
        matches = {id: new for key in each_project(old.key) for id, new in now.get(key, {}).items()}
        if matches:
            found[old.id.lower()] = list(matches.values())
    return found


def reason(old: Desired, new: Desired, before: Estate | None, after: Estate) -> str:
    """What of the file was changed that made it move; as well as can be told."""
    if before is None:
        return "an earlier file had it there"
    return (
        _subscription(old, new, before, after)
        or _pattern_of_teams(new, before, after)
        or _naming(new, before, after)
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
    # What stands in a thing moves with it: the workspace's name is the compute's as well.
    kinds = [_KINDS.get(new.type.lower(), ""), "workspace", "resourceGroup"]
    for kind in kinds:
        key = _KEYS.get(kind)
        if key is None:
            continue
        was, now = pattern(before.naming, key), pattern(after.naming, key)
        if was != now:
            return f"`naming.{key}` changed from `{was}` to `{now}`"
    return ""


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
