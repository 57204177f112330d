"""Where resources of a type stand, as paths with a parameter for each name."""

from __future__ import annotations

import msgspec

from ...catalog import by_name
from ...core.resource_type import ResourceType

SUBSCRIPTION = "/subscriptions/{subscriptionId}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/{{resourceGroupName}}"
_SUBSCRIPTIONS = "Microsoft.Resources/subscriptions"
_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"
_WORKSPACES = "Microsoft.MachineLearningServices/workspaces"
# A parent that is no type of its own.
_PEOPLE = "Mlestate.Organization/people"


class Place(msgspec.Struct, frozen=True):
    """A list, and one resource of it. `wider` are lists that take in more of the same type."""

    list: str
    one: str
    wider: tuple[str, ...] = ()


def places(kind: ResourceType) -> list[Place]:
    if kind.name == _SUBSCRIPTIONS:
        return [Place("/subscriptions", SUBSCRIPTION)]
    if kind.name == _GROUPS:
        return [Place(f"{SUBSCRIPTION}/resourceGroups", GROUP)]
    if kind.extension:
        return [_below(scope, kind.name) for scope in SCOPES]
    if kind.parent:
        return [_below(_one(kind.parent), kind.name.rpartition("/")[2], namespaced=False)]
    if kind.tracked:
        own = f"{SUBSCRIPTION}/providers/{kind.name}"
        return [msgspec.structs.replace(_below(GROUP, kind.name), wider=(own,))]
    return [_below("", kind.name)]


def _one(type: str) -> str:
    if type == _PEOPLE:
        return f"/providers/{_PEOPLE}/{{personId}}"
    return places(by_name()[type.lower()])[0].one


def _below(scope: str, type: str, namespaced: bool = True) -> Place:
    path = f"{scope}/providers/{type}" if namespaced else f"{scope}/{type}"
    # A lock and a workspace may both stand in one path: each name has the word of its type.
    word = type.rpartition("/")[2]
    return Place(path, f"{path}/{{{word}Name}}")


# Where what may stand anywhere is asked for.
SCOPES = ("", SUBSCRIPTION, GROUP, _one(_WORKSPACES))
