"""What people call a place: a workspace, a project and its environment, a group, an id."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

import msgspec

from ..core import ids
from ..core.access import GIVES_RIGHTS, Caller, changes_directory
from ..core.answers.abilities import Ability
from ..core.answers.overlay import place
from ..core.answers.places import Place, scope_of
from ..core.answers.verdict import Question
from ..core.areas import outermost
from ..core.errors import Invalid, NotFound
from ..core.resource import Resource
from ..store.resources import Query, Resources
from .needing import needed
from .plane import RESOURCE_GROUPS, Plane

WORKSPACES = "Microsoft.MachineLearningServices/workspaces"
_ACCOUNTS = "Microsoft.Storage/storageAccounts"
_SUBSCRIPTIONS = "Microsoft.Resources/subscriptions"
_MOST = 100_000


class Target(msgspec.Struct, frozen=True):
    """A workspace with what belongs to it, or a bare scope. `exact`: its id was said."""

    scope: str
    place: Place | None = None
    exact: bool = False

    def at(self, ability: Ability) -> str:
        """Where the ability is asked for."""
        if self.exact and ability.extends:
            return self.scope
        if self.place is not None:
            return self.place.scope(ability)
        return scope_of(ability, self.scope)


class Targets:
    """Nobody finds by its name what they may not read: an id is taken as it is. `others` are the
    actions that are no resource type's."""

    def __init__(self, plane: Plane, others: Iterable[str] = ()):
        self._plane, self._others = plane, frozenset(others)

    def places(self, caller: Caller) -> list[Place]:
        """Every workspace that the caller may read, by project and environment."""
        found = [place(str(each.id), each.document) for each in self._all(caller, WORKSPACES)]
        return sorted(found, key=lambda each: each.order)

    def find(self, caller: Caller, word: str) -> Target:
        """Raises Invalid for what is no id, NotFound for a name that nothing has."""
        if word in ("", "/"):
            return Target("/")
        if word.startswith("/"):
            return self._by_id(caller, word)
        found = self._named(caller, word)
        if len(found) == 1:
            return found[0]
        if found:
            told = ", ".join(f"`{each.scope}`" for each in found[:10])
            raise Invalid(f"there are {len(found)} called `{word[:80]}`: say which, {told}")
        raise NotFound(
            f"there is no workspace, resource group or project `{word[:80]}` that you may read"
            f"{self._near(caller, word)}",
            code="ScopeNotFound",
        )

    def questions(self, ability: Ability, target: Target) -> list[Question]:
        """What has to be allowed, all of it, the action itself first."""
        scope = target.at(ability)
        if changes_directory(ability.action):
            return [Question(ability.action, "/"), Question(GIVES_RIGHTS, "/")]
        type, _, verb = ability.action.rpartition("/")
        kind = self._plane.catalog.get(type.lower())
        if kind is None or ability.data:
            return [Question(ability.action, scope, ability.data)]
        sits = scope.strip("/") and ids.parse(scope).type.lower() == kind.name.lower()
        above = str(ids.parse(scope).parent) if sits else scope
        return [Question(*each) for each in needed(kind, verb, scope, above)]

    def actions(self) -> Iterator[str]:
        """All that there are here."""
        yield from self._others
        for kind in self._plane.catalog.values():
            verbs = ("read", "write", "delete", *(each.name for each in kind.actions))
            yield from map(kind.permission, verbs)

    def called(self, scope: str) -> list[str]:
        """The `project/environment` of the workspaces that a scope is, or is the group or the
        account of. Unauthorized: for who knows the scope, and what they may do there."""
        key = scope.lower()
        if scope in ("", "/") or not ids.parse(scope).group:
            return []
        query = Query(type=WORKSPACES, scopes=["/".join(key.split("/")[:5])], limit=_MOST)
        places: list[Place] = []
        # What is in a group may be in other regions than the group.
        for cell in self._plane.cells.regions.values():
            with cell.read() as connection:
                rows = Resources(connection).list(query)
            places += (place(str(each.id), each.document) for each in rows)
        mine = [one for one in places if key in map(str.lower, (one.id, one.group, one.storage))]
        return sorted({_full(one) for one in mine if one.project and one.environment})

    def _by_id(self, caller: Caller, word: str) -> Target:
        id = self._plane.canonical(ids.parse(word.rstrip("/")))
        read = f"{WORKSPACES}/read"
        if id.type == WORKSPACES and caller.rights.allows(read, str(id)):
            workspace = self._plane.load(id)
            if workspace is not None:
                return Target(str(id), place(str(workspace.id), workspace.document), True)
        return Target(str(id), exact=True)

    def _named(self, caller: Caller, word: str) -> list[Target]:
        """The first sort of thing that has the name."""
        wanted = word.casefold()
        places = self.places(caller)
        if found := [each for each in places if wanted in _names(each)]:
            return [Target(each.id, each) for each in found]
        # A container is named after its account, as a refusal of the blob protocol names it.
        account, _, container = wanted.partition("/")
        below = f"/blobServices/default/containers/{container}" if container else ""
        for kind, name, end in (
            (RESOURCE_GROUPS, wanted, ""),
            (_ACCOUNTS, account, below),
            (_SUBSCRIPTIONS, wanted, ""),
        ):
            named = [each for each in self._all(caller, kind) if name in _called(each)]
            if named:
                return [Target(f"{each.id}{end}") for each in named]
        return []

    def _near(self, caller: Caller, word: str) -> str:
        known = [each.name for each in self.places(caller)]
        near = difflib.get_close_matches(word, known, n=1)
        if near:
            return f"; did you mean `{near[0]}`? An id is taken as it is"
        return "; an id is taken as it is"

    def _all(self, caller: Caller, type: str) -> list[Resource]:
        kind = self._plane.catalog[type.lower()]
        area = caller.rights.area(kind.permission("read"))
        if not area.given:
            return []
        query = Query(
            type=type,
            scopes=outermost(area.given),
            taken=sorted(area.taken),
            hidden=sorted(area.hidden),
            limit=_MOST,
        )
        cells = self._plane.cells
        found: list[Resource] = []
        for cell in [cells.estate] if kind.estate_wide else cells.regions.values():
            with cell.read() as connection:
                found += Resources(connection).list(query)
        return found


def _names(place: Place) -> set[str]:
    return {place.name.casefold(), _full(place).casefold()}


def _full(place: Place) -> str:
    return f"{place.project}/{place.environment}"


def _called(resource: Resource) -> set[str]:
    shown = str(resource.document.get("displayName") or resource.properties.get("displayName"))
    return {resource.name.casefold(), shown.casefold()}
