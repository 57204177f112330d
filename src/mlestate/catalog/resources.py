"""Subscriptions and resource groups: the two levels above every resource."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ..core import data
from ..core.resource import Change, Resource, View
from ..core.resource_type import ResourceType
from ..core.words import Word
from . import names
from .writing import filled, refuse


class SubscriptionState(Word):
    ENABLED = "Enabled"
    WARNED = "Warned"
    PAST_DUE = "PastDue"
    DISABLED = "Disabled"
    DELETED = "Deleted"


class Subscription(Struct, frozen=True, rename="camel"):
    display_name: str | None = None
    state: SubscriptionState | None = None


class ResourceGroup(Struct, frozen=True):
    """A group has no properties that a client sets."""


def _complete_subscription(change: Change) -> dict[str, Any]:
    return filled(change.properties, displayName=change.id.name, state="Enabled")


def _check_group(change: Change) -> None:
    location = str(change.document.get("location"))
    if change.old is None and location not in data.regions():
        place = "$.location"
        refuse([(place, f"`{location[:80]}` is no region of Azure: write one like `westeurope`")])


# Of every subscription here: clients print them, and scripts filter by them.
_USUAL: dict[str, Any] = {
    "authorizationSource": "RoleBased",
    "managedByTenants": [],
    "subscriptionPolicies": {"spendingLimit": "Off"},
}


def _render_subscription(resource: Resource, view: View) -> dict[str, Any]:
    tenant = {"tenantId": view.tenant} if view.tenant else {}
    return {"subscriptionId": resource.name, **tenant, **_USUAL}


SUBSCRIPTIONS = ResourceType(
    name="Microsoft.Resources/subscriptions",
    doc="A billing boundary: resource groups, roles, policies and budgets hang below it.",
    properties=Subscription,
    name_rule=names.SUBSCRIPTION,
    estate_wide=True,
    seen_from_below=True,
    stateful=False,
    flat=True,
    read_only=("subscriptionId", "tenantId", *_USUAL),
    complete=_complete_subscription,
    render=_render_subscription,
)

RESOURCE_GROUPS = ResourceType(
    name="Microsoft.Resources/subscriptions/resourceGroups",
    doc="A set of resources that are made, tagged, granted and removed together.",
    properties=ResourceGroup,
    name_rule=names.GROUP,
    shown_as="Microsoft.Resources/resourceGroups",
    tracked=True,
    estate_wide=True,
    slow=frozenset({"delete"}),
    check=_check_group,
)

RESOURCES = (SUBSCRIPTIONS, RESOURCE_GROUPS)
