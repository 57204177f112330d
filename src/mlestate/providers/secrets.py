"""What hands out what it keeps: account keys, connection credentials."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from ..catalog.connections import is_vault
from ..catalog.storage import KEYS, KEYS_MADE, keys_made
from ..control.elsewhere import is_elsewhere
from ..core import ids
from ..core.errors import Conflict, Forbidden, NotFound
from ..core.ids import ResourceId
from ..core.lifecycle import Lifecycle, Work
from ..core.resource import Change, Resource
from ..core.times import iso


class Keys(Protocol):
    def of(self, account: Resource) -> tuple[str, ...]:
        """An account's two keys, in base64."""


class Containers(Protocol):
    def drop(self, work: Work, account: str) -> None:
        """All of an account's, with what is in them."""


class StorageAccounts(Lifecycle):
    kind = "Microsoft.Storage/storageAccounts"

    def __init__(self, keys: Keys, containers: Containers):
        self.keys, self.containers = keys, containers

    def removed(self, work: Work, resource: Resource) -> None:
        """Whoever takes the name next does not find what was in it."""
        self.containers.drop(work, resource.name)

    def act(
        self, work: Work, verb: str, resource: Resource | None, id: ResourceId, body: Any
    ) -> Any:
        if resource is None:
            raise Conflict(f"a storage account cannot `{verb}`")
        if not resource.properties.get("allowSharedKeyAccess"):
            raise Forbidden(
                f"the keys of `{resource.name}` open nothing: shared keys are off "
                "(`allowSharedKeyAccess`); use a role such as Storage Blob Data Reader",
                code="KeyBasedAuthenticationNotPermitted",
            )
        if verb == "regenerateKey":
            resource = work.save(_renewed(resource, body.key_name, work.at))
        made = keys_made(resource)
        named = zip(KEYS, self.keys.of(resource), strict=True)
        return {
            "keys": [
                {"keyName": n, "value": v, "permissions": "FULL", "creationTime": made[n]}
                for n, v in named
            ]
        }


def _renewed(account: Resource, key: str, at: float) -> Resource:
    """From then on what was signed with the old key opens nothing."""
    made = {**keys_made(account), key: iso(at)}
    properties = {**account.properties, KEYS_MADE: made}
    return msgspec.structs.replace(account, document={**account.document, "properties": properties})


class Connections(Lifecycle):
    kind = "Microsoft.MachineLearningServices/workspaces/connections"

    def admit(self, work: Work, change: Change) -> None:
        """A vault of the estate must be there, and be one that the caller knows of."""
        target = str(change.properties.get("target") or "")
        if not is_vault(change.properties) or not target.startswith("/"):
            return
        vault = ids.parse(target)
        if is_elsewhere(work, vault):
            return
        work.caller.need(f"{vault.type}/read", str(vault))
        if work.find(vault) is None:
            raise NotFound(
                f"`{target}` is not there: make the vault first, or point to another",
                code="LinkedResourceNotFound",
                target="$.properties.target",
            )

    def act(
        self, work: Work, verb: str, resource: Resource | None, id: ResourceId, body: Any
    ) -> Any:
        if resource is None or verb != "listsecrets":
            raise Conflict(f"a connection cannot `{verb}`")
        kept = (work.secret(id) or {}).get("credentials")
        document = {**resource.document, "properties": {**resource.properties, "credentials": kept}}
        return {"id": str(id), "name": id.name, "type": self.kind, **document}
