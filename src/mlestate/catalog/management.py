"""Management groups, of which there is one: all subscriptions of the estate are in it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ..core.resource_type import NameRule, ResourceType

MANAGEMENT_GROUP = "Microsoft.Management/managementGroups"
ROOT = "estate"
NAME = NameRule(f"(?i:{ROOT})", f"the estate has one management group, `{ROOT}`")
ROOT_ID = f"/providers/{MANAGEMENT_GROUP}/{ROOT}"


class ManagementGroup(Struct, frozen=True, rename="camel"):
    display_name: Annotated[str, Meta(min_length=1, max_length=256)] | None = None


MANAGEMENT_GROUPS = ResourceType(
    name=MANAGEMENT_GROUP,
    doc="The estate as Azure groups it: what is given on it reaches every subscription.",
    properties=ManagementGroup,
    name_rule=NAME,
    estate_wide=True,
    stateful=False,
    created=200,
    read_only=("tenantId", "details", "children"),
)
