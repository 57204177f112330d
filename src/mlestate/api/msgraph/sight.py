"""Whom of the directory a caller may see.

All of a kind with its `read` at `/`. Whoever may give a role anywhere may look up a single name or
object id, since that is what a role is given to. Everybody may see themselves and their groups.
"""

from __future__ import annotations

import math

import msgspec

from ...core import odata
from ...core.access import GIVES_RIGHTS, Caller, refusal
from ...core.principals import Principal
from ...identity.directory import Directory
from .documents import COLLECTIONS

_COLLECTIONS = {kind: collection for collection, kind in COLLECTIONS.items()}
# A filter on one of these finds one principal, or none; of the groups, those of one name.
_EXACT = ("id", "appid", "userprincipalname", "serviceprincipalnames")
_OF_GROUPS = ("displayname", "mailnickname")


class Sight(msgspec.Struct, frozen=True):
    caller: Caller
    directory: Directory

    def need(self, collection: str, where: odata.Node | None = None) -> None:
        """Raises Forbidden where the caller may not have what a filter finds."""
        if not (self._all(collection) or (self._looks_up() and _is_exact(where, collection))):
            raise self._refusal(collection)

    def need_one(self, collection: str, object_id: str) -> None:
        """The same whether or not there is one."""
        if self._all(collection) or self._looks_up() or object_id in self._own():
            return
        raise self._refusal(collection)

    def need_groups_of(self, object_id: str) -> None:
        if object_id != self.caller.id and not self._all("groups"):
            raise self._refusal("groups")

    def seen(self, principals: list[Principal]) -> list[Principal]:
        """Those that are known by their object ids anyway."""
        if self._looks_up():
            return principals
        own = self._own()
        return [each for each in principals if each.id in own or self._all(_COLLECTIONS[each.kind])]

    def _all(self, collection: str) -> bool:
        return self.caller.rights.allows(f"mlestate.Identity/{collection}/read", "/")

    def _looks_up(self) -> bool:
        """Not a guest, who sees what is in their own project alone; nor a job."""
        outside = self.caller.ends < math.inf or bool(self.caller.job)
        return not outside and bool(self.caller.rights.area(GIVES_RIGHTS).branches())

    def _own(self) -> frozenset[str]:
        return self.directory.groups_of(self.caller.id) | {self.caller.id}

    def _refusal(self, collection: str) -> Exception:
        return refusal(self.caller, f"mlestate.Identity/{collection}/read", "/")


def _is_exact(where: odata.Node | None, collection: str) -> bool:
    names = (*_EXACT, *_OF_GROUPS) if collection == "groups" else _EXACT
    return any(
        (isinstance(part, odata.Compare) and part.operator == "eq" and part.name in names)
        or (isinstance(part, odata.AnyOf) and part.name in _EXACT)
        for part in odata.every(where)
    )
