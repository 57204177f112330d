"""The blob service of a storage account and its containers, as Azure Resource Manager shows them:
to look at. The blob protocol makes, changes and removes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...blob import leases
from ...catalog.storage import STORAGE_ACCOUNTS
from ...control.engine import Computed
from ...control.plane import Plane
from ...control.reading import Page, missing
from ...core.access import Caller
from ...core.ids import Address
from ...core.resource import Resource
from ...core.times import iso
from ...store import blobs
from ...store.blob_tables import Container

SERVICES = f"{STORAGE_ACCOUNTS.name}/blobServices"
CONTAINERS = f"{SERVICES}/containers"
_AT_ONCE = 1000


class BlobServices:
    def __init__(self, plane: Plane):
        self._plane = plane

    def computed(self) -> dict[str, Computed]:
        return {SERVICES: self._services, CONTAINERS: self._containers}

    def _services(self, caller: Caller, address: Address, _asked: Mapping[str, str]) -> Page:
        account = self._account(caller, address, SERVICES)
        return Page(
            [
                {
                    "id": f"{account.id}/blobServices/default",
                    "name": "default",
                    "type": SERVICES,
                    "sku": account.document.get("sku"),
                    "properties": {
                        "cors": {"corsRules": []},
                        "deleteRetentionPolicy": {"enabled": False},
                    },
                }
            ]
        )

    def _containers(self, caller: Caller, address: Address, _asked: Mapping[str, str]) -> Page:
        account = self._account(caller, address, CONTAINERS)
        if address.id.name.lower() != "default":
            return Page([])
        above, now = f"{account.id}/blobServices/default", self._plane.clock()
        return Page([_row(above, found, now) for found in self._all(account)])

    def _account(self, caller: Caller, address: Address, type: str) -> Resource:
        caller.need(f"{type}/read", str(address.id))
        id = address.id.at(STORAGE_ACCOUNTS.name) or address.id
        account = self._plane.load(id)
        if account is None:
            raise missing(STORAGE_ACCOUNTS, id)
        return account

    def _all(self, account: Resource) -> Iterator[Container]:
        region, start = self._plane.region_of(account.id) or "", ""
        while True:
            with self._plane.cells.named(region).read() as connection:
                found = blobs.containers_of(connection, account.name, "", start, _AT_ONCE + 1)
            yield from found[:_AT_ONCE]
            if len(found) <= _AT_ONCE:
                return
            start = found[_AT_ONCE].name


def _row(above: str, found: Container, now: float) -> dict[str, Any]:
    return {
        "id": f"{above}/containers/{found.name}",
        "name": found.name,
        "type": CONTAINERS,
        "etag": f'"{found.etag}"',
        "properties": {
            "publicAccess": "None",
            "lastModifiedTime": iso(found.modified),
            "metadata": found.metadata,
            "leaseState": leases.state(found.lease, now).value.capitalize(),
            "leaseStatus": "Locked" if leases.locked(found.lease, now) else "Unlocked",
            "hasImmutabilityPolicy": False,
            "hasLegalHold": False,
        },
    }
