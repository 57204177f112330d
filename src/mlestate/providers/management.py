"""The management group: it stays, and shows the subscriptions that its reader may see."""

from __future__ import annotations

from typing import Any

from ..catalog.management import MANAGEMENT_GROUP, ROOT
from ..core.errors import Conflict
from ..core.lifecycle import Lifecycle, Work
from ..core.resource import Resource
from ..core.times import iso
from ..store.resources import Query, Resources

_SUBSCRIPTIONS = "Microsoft.Resources/subscriptions"
_MANY = 10_000


class ManagementGroups(Lifecycle):
    kind = MANAGEMENT_GROUP

    def __init__(self, tenant: str):
        self.tenant = tenant

    def admit_removal(self, work: Work, resource: Resource) -> None:
        raise Conflict(f"`{ROOT}` is the estate itself, and stays", code="RootManagementGroup")

    def show(self, work: Work, resource: Resource) -> dict[str, Any]:
        return {
            "tenantId": self.tenant,
            "displayName": resource.properties.get("displayName") or ROOT,
            "details": {
                "version": 1,
                "updatedTime": iso(resource.modified.at),
                "updatedBy": resource.modified.id or resource.modified.by,
            },
            "children": self._children(work),
        }

    def _children(self, work: Work) -> list[dict[str, str]]:
        area = work.caller.rights.area(f"{_SUBSCRIPTIONS}/read")
        every = Resources(work.connection).list(Query(type=_SUBSCRIPTIONS, limit=_MANY))
        return [
            {
                "type": "/subscriptions",
                "id": str(one.id),
                "name": one.name,
                "displayName": str(one.properties.get("displayName") or one.name),
            }
            for one in every
            if area.has(one.id.key)
        ]
