"""Denials, and the deny assignments that stand beside them for Azure's clients."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog.denials import deny_assignment
from ...core.denials import DENIAL, DENY_ASSIGNMENT
from ...core.ids import ResourceId
from ...core.lifecycle import Lifecycle, Sought, Work
from ...core.resource import Change, Resource
from ...core.rights import EVERYONE
from ...core.validate import Fault, refusal
from ...store.resources import Query, Resources
from . import filters
from .principals import Principals

_MANY = 100_000
_WORDS = ("atScope", "assignedTo", "principalId", "gdprExportPrincipalId", "denyAssignmentName")
_FIELDS = ("principals", "excludePrincipals")


class Denials(Lifecycle):
    kind = DENIAL

    def __init__(self, principals: Principals):
        self.principals = principals

    def admit(self, work: Work, change: Change) -> None:
        found = list(self._faults(work, change))
        if found:
            raise refusal(found)

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        said = resource.properties
        typed = {name: [self._typed(work, one) for one in said[name]] for name in _FIELDS}
        saved = work.save(resource.with_properties(**typed))
        shown = saved.properties | {
            "denyAssignmentName": resource.name,
            "excludePrincipals": self._outside(work, saved),
            "isSystemProtected": True,
        }
        work.save(
            Resource(
                id=deny_assignment(resource.id),
                document={"properties": shown},
                created=saved.created,
                modified=saved.modified,
            )
        )

    def removed(self, work: Work, resource: Resource) -> None:
        work.drop(deny_assignment(resource.id))

    def _outside(self, work: Work, denial: Resource) -> list[dict[str, str | None]]:
        """Whoever writes a denial could take it back: it would keep them from the rest of an
        apply, and from nothing else."""
        said: list[dict[str, str | None]] = list(denial.properties["excludePrincipals"])
        writer = work.caller.id.lower()
        if writer not in {one["id"] for one in said}:
            said.append(self._typed(work, {"id": writer}))
        return said

    def _typed(self, work: Work, one: dict[str, str]) -> dict[str, str | None]:
        id = one["id"].lower()
        kind = "SystemDefined" if id == EVERYONE else self.principals.kind_of(work, id)
        return {"id": id, "type": kind}

    def _faults(self, work: Work, change: Change) -> Iterator[Fault]:
        for field in _FIELDS:
            for i, one in enumerate(change.properties.get(field) or ()):
                place, id = f"$.properties.{field}[{i}]", one["id"].lower()
                kind = "SystemDefined" if id == EVERYONE else self.principals.kind_of(work, id)
                if kind is None:
                    yield f"{place}.id", f"there is nobody with the object id `{id}`"
                elif one.get("type") not in (None, kind):
                    yield f"{place}.type", f"`{id}` is a {kind}, not a {one['type']}"


class DenyAssignments(Lifecycle):
    kind = DENY_ASSIGNMENT

    def __init__(self, principals: Principals):
        self.principals = principals

    def sought(self, work: Work, scope: ResourceId, text: str) -> Sought:
        asked = filters.read(text, _WORDS)
        name, path = asked.get("denyAssignmentName"), ("properties", "denyAssignmentName")
        where = ((path, (name,)),) if name else ()
        below = not asked.has("atScope")
        return Sought(below=below, where=where, only=self._only(work, asked))

    def _only(self, work: Work, asked: filters.Filter) -> tuple[str, ...] | None:
        """The keys of those that name a principal, which they do in lists."""
        said = asked.get("principalId") or asked.get("gdprExportPrincipalId")
        if asked.has("assignedTo"):
            said = asked.get("assignedTo").lower()
            wanted = {said, EVERYONE, *self.principals.groups_of(work, said)}
        elif said:
            wanted = {said.lower()}
        else:
            return None
        everything = Resources(work.connection).list(Query(type=DENY_ASSIGNMENT, limit=_MANY))
        return tuple(
            one.id.key
            for one in everything
            if wanted & {each["id"] for each in one.properties["principals"]}
        )
