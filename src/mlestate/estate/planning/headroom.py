"""How near an estate comes to Azure's limits, counted on what it compiles to.

Limits: azure-docs azure-subscription-service-limits and how-to-manage-quotas. What Azure counts in
cores of a VM family has no one number: each subscription asks for its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ...catalog import vm_skus
from ..desired import Desired, Json

STORAGE_ACCOUNTS = 250
ROLE_ASSIGNMENTS = 4000
RESOURCE_GROUPS = 980
GROUPS_IN_A_DEPLOYMENT = 800
CLUSTERS = 500

Where = tuple[str, ...]


class Use(msgspec.Struct, frozen=True):
    """`where` is a subscription, and a region and VM family where the limit is of these; `limit` is
    None where each subscription has its own."""

    what: str
    where: Where
    used: int
    limit: int | None

    @property
    def over(self) -> bool:
        return self.limit is not None and self.used > self.limit


def headroom(desired: Sequence[Desired]) -> list[Use]:
    """Every limit in every place where something counts; the tightest first."""
    counts: Counter[tuple[str, Where, int | None]] = Counter()
    for each in desired:
        for what, where, limit, amount in _counted(each):
            counts[what, where, limit] += amount
    uses = [Use(what, where, used, limit) for (what, where, limit), used in counts.items()]
    return sorted(uses, key=lambda use: (-use.used / (use.limit or 10**9), use.what, use.where))


def tightest(uses: Sequence[Use]) -> list[Use]:
    """One of each kind, where it is tightest, and every one that is over."""
    first: dict[str, Use] = {}
    for use in uses:
        first.setdefault(use.what, use)
    return [use for use in uses if use.over or first[use.what] is use]


def _counted(desired: Desired) -> Iterator[tuple[str, Where, int | None, int]]:
    parts = desired.id.split("/")
    if len(parts) < 3 or parts[1] != "subscriptions":
        return
    subscription, region = parts[2], str(desired.body.get("location", ""))
    match desired.type.rsplit("/", 1)[-1]:
        case "storageAccounts":
            yield "storage accounts", (subscription, region), STORAGE_ACCOUNTS, 1
        case "roleAssignments":
            yield "role assignments", (subscription,), ROLE_ASSIGNMENTS, 1
        case "resourceGroups":
            yield "resource groups", (subscription,), RESOURCE_GROUPS, 1
            what = "resource groups in one deployment"
            yield what, (subscription,), GROUPS_IN_A_DEPLOYMENT, 1
        case "computes":
            yield "clusters", (subscription, region), CLUSTERS, 1
            if sku := vm_skus.find(_size(desired.body)):
                where = (subscription, region, sku.family)
                yield "cores", where, None, sku.v_cpus * _nodes(desired.body)


def _size(body: Mapping[str, Json]) -> str:
    return str(_at(body, "properties", "properties", "vmSize") or "")


def _nodes(body: Mapping[str, Json]) -> int:
    most = _at(body, "properties", "properties", "scaleSettings", "maxNodeCount")
    return most if isinstance(most, int) else 0


def _at(value: Json, *path: str) -> Json:
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
