"""Which table of the resource graph a type is in, and the columns that every table has.

Tables are called as Azure's are. Azure keeps what is in a workspace in no table of its own, so
`MachineLearningResources` is ours, and so is `EstateResources`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ..core.resource_type import ResourceType
from . import CATALOG

RESOURCES = "Resources"
CONTAINERS = "ResourceContainers"
AUTHORIZATION = "AuthorizationResources"
LEARNING = "MachineLearningResources"
ESTATE = "EstateResources"
TABLES: Mapping[str, str] = {
    RESOURCES: "what stands in a resource group by itself: workspaces, storage accounts, vaults, …",
    CONTAINERS: "subscriptions and resource groups",
    AUTHORIZATION: "role assignments and definitions, and locks",
    LEARNING: "what is in workspaces: jobs, models, data, computes, datastores, …",
    ESTATE: "regions, naming conventions, applied files, shared views",
}
# In Azure's order; the last is ours.
COLUMNS: tuple[str, ...] = (
    "id",
    "name",
    "type",
    "tenantId",
    "kind",
    "location",
    "resourceGroup",
    "subscriptionId",
    "managedBy",
    "sku",
    "plan",
    "properties",
    "tags",
    "identity",
    "zones",
    "extendedLocation",
    "systemData",
)
_OF_A_NAMESPACE = {
    "microsoft.resources": CONTAINERS,
    "microsoft.management": CONTAINERS,
    "microsoft.authorization": AUTHORIZATION,
    "mlestate.organization": ESTATE,
}


def table_of(kind: ResourceType) -> str:
    """Empty where it is in none: what is one person's alone is not searched by others."""
    if kind.personal:
        return ""
    known = _OF_A_NAMESPACE.get(kind.namespace.lower())
    return known or (RESOURCES if kind.tracked else LEARNING)


@cache
def kinds(table: str) -> tuple[ResourceType, ...]:
    return tuple(kind for kind in CATALOG if table_of(kind) == table)
