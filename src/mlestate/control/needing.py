"""What a caller needs for a verb on a resource: a role, or to be the person whose it is."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..catalog.management import ROOT_ID
from ..core import data
from ..core.access import Caller, ancestors, refusal
from ..core.errors import Forbidden
from ..core.ids import ResourceId
from ..core.resource import Resource
from ..core.resource_type import ResourceType

_PEOPLE = "people"


def may(
    caller: Caller,
    kind: ResourceType,
    verb: str,
    id: ResourceId,
    concerned: Callable[[], bool] = lambda: False,
) -> bool:
    """Whether or not the resource is there. `concerned` tells whether it is one of theirs, of a
    type that has parties."""
    if kind.personal:
        return _own(caller, id.parent)
    (action, scope), *also = needed(kind, verb, str(id), str(id.parent))
    if caller.rights.allows(action, scope):
        return all(caller.rights.allows(another, there) for another, there in also)
    return kind.parties and not caller.rights.area(action).bars(id.key) and concerned()


def need(
    caller: Caller,
    kind: ResourceType,
    verb: str,
    id: ResourceId,
    concerned: Callable[[], bool] = lambda: False,
) -> None:
    """Raises Forbidden where they may not."""
    if may(caller, kind, verb, id, concerned):
        return
    if kind.personal:
        raise _theirs(caller, kind, verb, id)
    wanted = needed(kind, verb, str(id), str(id.parent))
    action = wanted[0][0]
    given = caller.rights.allows(*wanted[0])
    barred = caller.rights.area(action).bars(id.key)
    if kind.parties and verb in kind.parties_alone and not given and not barred:
        raise _theirs(caller, kind, verb, id, "those alone whom it names")
    every = tuple(each for each, _ in wanted)
    missing, there = next(each for each in wanted if not caller.rights.allows(*each))
    raise refusal(caller, missing, there, besides=every)


def needed(kind: ResourceType, verb: str, scope: str, above: str) -> list[tuple[str, str]]:
    """Each action that a verb takes, with where: the verb's own at `scope`, a further one where the
    resource sits, `above`."""
    if kind.from_above and verb != "read":
        scope = above = ROOT_ID
    found = [(kind.permission(verb), scope)]
    return [*found, (kind.also[verb], above)] if verb in kind.also else found


def need_published(caller: Caller, type: str, verb: str, id: ResourceId) -> None:
    """Of a type that is not served here: what Azure publishes, and so roles give or do not, is
    refused first to who may not do it. Of anything else no role would help."""
    action = f"{type}/{verb}"
    if action.lower() in data.published():
        caller.need(action, str(id))


def hold_undenied(
    caller: Caller, action: str, id: ResourceId, asked: ResourceId | None = None
) -> None:
    """Raises Forbidden where a denial stands against what needs no role there. `asked` is the
    address that it was asked for by, where that is another."""
    if caller.rights.area(action).bars(id.key):
        raise refusal(caller, action, str(asked or id), at=str(id))


def person(kind: ResourceType, caller: Caller) -> ResourceId:
    """Below this are a caller's own resources of a personal type."""
    return ResourceId().child(_PEOPLE, caller.id, kind.namespace)


def is_concerned(caller: Caller, kind: ResourceType, found: Resource | None) -> bool:
    """Whether it names them, or a group that they are in. A job is named by nothing."""
    parties = found.properties.get("parties") if found and kind.parties else None
    return not caller.ids.isdisjoint(parties or ())


def may_ask(caller: Caller, kind: ResourceType, id: ResourceId) -> bool:
    """Whether a new one may be theirs: by what they may activate where it would sit. There alone:
    whether anything stands below, they are told once they hold something."""
    return kind.by_eligible and any(each.scope == id.parent.key for each in caller.eligible)


def own_scopes(caller: Caller, kind: ResourceType, id: ResourceId) -> list[str] | None:
    """What of a personal type's collection may be listed; None for all that is below the id."""
    if _own(caller, id):
        return None
    if id.steps:
        raise _theirs(caller, kind, "read", id)
    return [] if caller.job else [person(kind, caller).key]


def _theirs(
    caller: Caller,
    kind: ResourceType,
    verb: str,
    id: ResourceId,
    whose: str = "the person alone whose id stands in the address",
) -> Forbidden:
    """No role gives it, and so none is named."""
    return Forbidden(
        f"The client `{caller.name}` with object id `{caller.id}` does not have authorization to "
        f"perform action `{kind.permission(verb)}` over scope `{id}`. It is for {whose}: "
        "no role gives it.",
        target=kind.permission(verb),
    )


def _own(caller: Caller, id: ResourceId) -> bool:
    """Not a job: it has its submitter's id, and reads only what it was given."""
    return not caller.job and (
        bool(id.steps)
        and id.steps[-1].type.lower() == _PEOPLE
        and id.name.lower() == caller.id.lower()
    )


def seen(caller: Caller, kind: ResourceType, id: ResourceId) -> bool:
    """Of what is seen from below: whether the caller holds anything there."""
    places = caller.rights.places()
    if not kind.extension:
        return any(place.startswith(id.key + "/") for place in places)
    scope = id.parent.key
    held = not set(ancestors(scope)).isdisjoint(places)
    below = any(place.startswith(scope + "/") for place in places)
    return held or (below and not _bounded(caller))


def scopes_from_below(caller: Caller, kind: ResourceType) -> set[str]:
    """The scopes of what is seen from below: one sees where one may work."""
    places = caller.rights.places()
    if not kind.extension:
        parts = (place.split("/") for place in places)
        return {"/".join(p[:3]) for p in parts if len(p) > 3 and p[1] == "subscriptions"}
    if _bounded(caller):
        return set(places)
    collection = f"/providers/{kind.name}".lower()
    return {*places, *(above + collection for place in places for above in ancestors(place))}


def _bounded(caller: Caller) -> bool:
    """A guest sees what is in their scopes and nothing above them; so does a job."""
    return bool(caller.job) or caller.ends < math.inf
