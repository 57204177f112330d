"""What a region answers of its machines: sizes, cores in use and cores allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ...catalog import locations, vm_skus
from ...control.engine import Computed
from ...control.plane import Plane
from ...control.reading import Page
from ...core.access import Caller
from ...core.ids import Address
from ...core.resource import Resource
from ...store.resources import Query, Resources
from .queue import Queue

ML = "Microsoft.MachineLearningServices"
COMPUTES = f"{ML}/workspaces/computes"
# Azure's own default lies between 24 and 300, by offer. It is shown and not yet enforced.
LIMIT = 100
Asked = Mapping[str, str]


class Cores:
    """The collections below `/subscriptions/…/providers/ML/locations/REGION`."""

    def __init__(self, plane: Plane, queue: Queue):
        self._plane, self._queue = plane, queue

    def computed(self) -> dict[str, Computed]:
        return {
            f"{ML}/locations/vmSizes": _sizes,
            f"{ML}/locations/usages": self._usages,
            f"{ML}/locations/quotas": _quotas,
        }

    def used(self, subscription: str, region: str) -> dict[str, int]:
        """By VM family, the cores of the nodes that clusters have at the moment."""
        found: Counter[str] = Counter()
        for compute in self._computes(subscription, region):
            # An attached compute has no size: its cores are counted where it is.
            sku = vm_skus.find(str(compute.properties["properties"].get("vmSize") or ""))
            state = self._queue.regions[region].compute_state(region, compute.id.key)
            if sku and state:
                found[sku.family] += sku.v_cpus * state.current
        return dict(found)

    def _computes(self, subscription: str, region: str) -> list[Resource]:
        if region not in self._queue.regions:
            return []
        under = f"/subscriptions/{subscription}".lower()
        with self._plane.cells.named(region).read() as connection:
            return Resources(connection).list(Query(type=COMPUTES, under=under, limit=100_000))

    def _usages(self, caller: Caller, address: Address, _asked: Asked) -> Page:
        caller.need(f"{ML}/locations/usages/read", str(address.id.parent))
        subscription, region = address.id.subscription, address.id.name.lower()
        used = self.used(subscription, region)
        return _rows(locations.usages(subscription, address.id.name, used, _limits()))


def _sizes(caller: Caller, address: Address, _asked: Asked) -> Page:
    caller.need(f"{ML}/locations/vmSizes/read", str(address.id.parent))
    return _rows(locations.vm_sizes(address.id.name))


def _quotas(caller: Caller, address: Address, _asked: Asked) -> Page:
    caller.need(f"{ML}/locations/quotas/read", str(address.id.parent))
    return _rows(locations.quotas(address.id.subscription, address.id.name, _limits()))


def _limits() -> dict[str, int]:
    return dict.fromkeys(locations.families(), LIMIT)


def _rows(document: dict[str, Any]) -> Page:
    return Page(document["value"])
