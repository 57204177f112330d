"""What every request of the control plane shares: the catalog, the lifecycles and the cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from ..core import ids
from ..core.access import Caller
from ..core.errors import NotFound
from ..core.ids import ResourceId
from ..core.lifecycle import Lifecycle
from ..core.resource import Resource
from ..core.resource_type import ResourceType
from ..store.cells import ESTATE, Cells
from ..store.resources import Resources
from .hooks import WEBHOOKS, Hooks
from .locks import LOCKS, Locks
from .needing import is_concerned, may_ask, need

RESOURCE_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"
# What is not here, and what to do instead, where a client is known to ask for it.
_BY_REQUEST = "Schedules are made and ended by requests: PUT a `{}`"
_INSTEAD = {
    **dict.fromkeys(
        (
            "microsoft.authorization/roleeligibilityschedules",
            "microsoft.authorization/roleeligibilityscheduleinstances",
        ),
        _BY_REQUEST.format("roleEligibilityScheduleRequest"),
    ),
    **dict.fromkeys(
        (
            "microsoft.authorization/roleassignmentschedules",
            "microsoft.authorization/roleassignmentscheduleinstances",
        ),
        _BY_REQUEST.format("roleAssignmentScheduleRequest"),
    ),
    "microsoft.authorization/provideroperations": "The operations of resource providers are not "
    "listed here: `mlestate get role-definition` shows what the roles have",
    "microsoft.storage/storageaccounts/blobservices/containers": "Containers are made, changed and "
    "removed by the blob protocol: `az storage container create --auth-mode login`",
    "microsoft.resources/deployments": "Template deployments, by which the SDK's `begin_create` "
    "makes a workspace, are not offered: write the workspace in the estate's file, or PUT it "
    "(`mlestate put`)",
}


class Changed(Protocol):
    def __call__(self, kind: str, *ids: ResourceId) -> None:
        """Resources of a type, in lower case, were written or removed. Without ids: any of them,
        and what belongs to them."""


def _nobody_listens(kind: str, *ids: ResourceId) -> None:
    """Where nothing is kept in memory."""


class Plane:
    """`clock` gives seconds since the epoch; `fresh_id` a GUID never given before.

    `changed` is called after each commit: what is kept in memory of these resources is read anew,
    and the worker is woken.
    """

    def __init__(
        self,
        catalog: Iterable[ResourceType],
        cells: Cells,
        clock: Callable[[], float],
        fresh_id: Callable[[], str],
        changed: Changed = _nobody_listens,
    ):
        self.catalog: Mapping[str, ResourceType] = {kind.name.lower(): kind for kind in catalog}
        self.lifecycles: dict[str, Lifecycle] = {}
        self.cells, self.clock, self.fresh_id, self._told = cells, clock, fresh_id, changed
        self.locks = Locks(cells)
        self.hooks = Hooks(cells, fresh_id)
        self.spelling = {name: kind.name for name, kind in self.catalog.items()}

    def changed(self, kind: str, *ids: ResourceId) -> None:
        """After each commit, with the type that was written, in lower case."""
        if kind == LOCKS.lower():
            self.locks.changed()
        if kind == WEBHOOKS.lower():
            self.hooks.changed()
        self._told(kind, *ids)

    def add(self, lifecycles: Iterable[Lifecycle]) -> None:
        """What types do beside being stored: each may need the plane itself, so it comes first."""
        self.lifecycles |= {one.kind.lower(): one for one in lifecycles}

    def need(self, caller: Caller, kind: ResourceType, verb: str, id: ResourceId) -> None:
        """Raises Forbidden: they hold no role for it, and it is not one of theirs."""
        need(caller, kind, verb, id, lambda: self.concerns(caller, kind, id))

    def canonical(self, id: ResourceId) -> ResourceId:
        return ids.canonical(id, self.spelling)

    def kind(self, id: ResourceId) -> ResourceType:
        found = self.catalog.get(id.type.lower())
        if found is None:
            raise not_offered(id.type)
        return found

    def is_slow(self, action: str, id: ResourceId) -> bool:
        """Whether what takes the ARM action is done by the worker, later."""
        kind = self.catalog.get(id.type.lower())
        if kind is None:
            return False
        word = action.rpartition("/")[2]
        if word != "action":
            return {"write": "create"}.get(word, word) in kind.slow
        return any(one.slow for one in kind.actions if kind.permission(one.name) == action)

    def region_of(self, id: ResourceId) -> str | None:
        """The region whose cell holds the id, ESTATE for the estate's own; None if nowhere yet."""
        kind = self.catalog.get(id.type.lower())
        if kind is None:
            return None
        if kind.estate_wide:
            return ESTATE
        top = id.top()
        return self.cells.region_of(top.key) if top else ESTATE

    def concerns(self, caller: Caller, kind: ResourceType, id: ResourceId) -> bool:
        """Whether a resource of a type that has parties is one of theirs, or would be."""
        if not caller.ids:
            return False
        found = self.load(id)
        return is_concerned(caller, kind, found) if found else may_ask(caller, kind, id)

    def is_there(self, id: str) -> bool:
        """Unauthorized."""
        return self.load(self.canonical(ids.parse(id))) is not None

    def load(self, id: ResourceId) -> Resource | None:
        """A resource from whichever cell; unauthorized."""
        region = self.region_of(id)
        if region is None:
            return None
        with self.cells.named(region).read() as connection:
            return Resources(connection).load(id.key)


def not_offered(type: str) -> NotFound:
    """The refusal of a type that the estate does not have."""
    text = _INSTEAD.get(type.lower(), f"`{type}` is not a known resource type")
    return NotFound(text, code="InvalidResourceType")
