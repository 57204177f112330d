"""Every type of the catalog, with every verb and action, about one resource of bo's."""

from __future__ import annotations

from collections.abc import Iterator

from mlestate.catalog import CATALOG
from mlestate.core.access import gives
from mlestate.core.resource_type import ResourceType
from mlestate.core.roles import by_name
from tests.access.asking import Request
from tests.access.cases import Case
from tests.access.two_workspaces import Bo

# It is not bo's: both work in it.
SHARED = "Microsoft.Resources/subscriptions"
GROUPS = f"{SHARED}/resourceGroups"
MANAGEMENT = "Microsoft.Management/managementGroups"
OWN = "Mlestate.Organization"
# An account whose keys are off, as is usual, does not list them to anyone.
# What was decided is not cancelled.
_STATUS = {
    "Microsoft.Storage/storageAccounts/listKeys/action": 403,
    # Which key has to be said.
    "Microsoft.Storage/storageAccounts/regenerateKey/action": 400,
    "Microsoft.Authorization/roleAssignmentScheduleRequests/write": 409,
    "Microsoft.Authorization/roleEligibilityScheduleRequests/write": 409,
}
# Whoever owns everything makes no approval, and decides on none that they were not asked for.
_NOT_THEIRS = {
    "Microsoft.Authorization/roleAssignmentApprovals": 405,
    "Microsoft.Authorization/roleAssignmentApprovals/stages": 403,
}


def arm_cases(bo: Bo) -> list[tuple[str, Case]]:
    """Who may, and what; in an order in which all of it can be done: removals last."""
    types = [kind for kind in CATALOG if kind.name != SHARED]
    asked = [pair for kind in types for pair in _asked(bo, kind)]
    removed = [pair for kind in reversed(types) for pair in _removals(bo, kind)]
    return asked + removed


def _asked(bo: Bo, kind: ResourceType) -> Iterator[tuple[str, Case]]:
    id, body = bo.documents[kind.name]
    collection = id.rpartition("/")[0]
    yield _may(kind, "read"), Case(Request("GET", id))
    yield _may(kind, "read"), Case(Request("HEAD", id))
    # In a subscription, and in the estate, each sees their own; what is public, everybody.
    listed = kind.name not in (GROUPS, MANAGEMENT) and not kind.parties and not kind.public
    if listed and kind.namespace != OWN:
        yield _may(kind, "read"), Case(Request("GET", collection))
    status = 405 if kind.made_by else _NOT_THEIRS.get(kind.name, 200)
    yield _may(kind, "write"), Case(Request("PUT", id, body), status)
    yield _may(kind, "write"), Case(Request("PATCH", id, {}), status)
    for action in kind.actions:
        permission = kind.permission(action.name)
        who = "bo" if _scientist(permission) else "admin"
        yield who, Case(Request("POST", f"{id}/{action.name}", {}), _STATUS.get(permission, 200))


def unserved(bo: Bo) -> Iterator[Request]:
    """Actions, collections and types that nothing has."""
    for kind in CATALOG:
        if kind.name == SHARED:
            continue
        id, _ = bo.documents[kind.name]
        yield Request("POST", f"{id}/numbatize", {})
        yield Request("GET", f"{id}/numbats")
        for method, body in (("GET", None), ("PUT", {}), ("DELETE", None)):
            yield Request(method, f"{id}/numbats/one", body)


def _removals(bo: Bo, kind: ResourceType) -> Iterator[tuple[str, Case]]:
    id, _ = bo.documents[kind.name]
    # A region in which something stands stays, and so does the estate itself.
    status = 409 if kind.name in (f"{OWN}/regions", MANAGEMENT) else 200
    status = 405 if kind.made_by else status
    yield _may(kind, "delete"), Case(Request("DELETE", id), status)


def _may(kind: ResourceType, verb: str) -> str:
    return "bo" if kind.personal or _scientist(kind.permission(verb)) else "admin"


def _scientist(action: str) -> bool:
    role = by_name("AzureML Data Scientist")
    assert role is not None
    return gives(role, action.lower(), data=False)
