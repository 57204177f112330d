"""Datastores: whose containers may be attached, and what `listSecrets` hands out."""

from __future__ import annotations

from typing import Any, Protocol

from ..catalog import storage_address
from ..core.access import Caller
from ..core.errors import Conflict, Invalid
from ..core.ids import ResourceId
from ..core.lifecycle import Lifecycle, Work
from ..core.resource import Change, Resource

KIND = "Microsoft.MachineLearningServices/workspaces/datastores"
BLOB = "AzureBlob"
SECRETS = "credentials.secrets"
MOST_HOURS = 24


class Signatures(Protocol):
    def need_container(
        self, work: Work, workspace: ResourceId, account: str, container: str
    ) -> None:
        """Refuse whoever may not write to the container. Those of the workspace itself, and all
        that is not the estate's, are free to attach."""

    def for_datastore(self, caller: Caller, datastore: Resource, seconds: float) -> str | None:
        """A signature for all of the datastore's container, bound to the caller; None where the
        account is not one of the estate's."""


class Datastores(Lifecycle):
    kind = KIND

    def __init__(self, signatures: Signatures):
        self.signatures = signatures

    def admit(self, work: Work, change: Change) -> None:
        """A datastore opens its container to all who may use the workspace: so whoever attaches
        it must be let in there."""
        if change.old is None and change.properties.get("datastoreType") == BLOB:
            said = change.properties
            account = storage_address.plain(str(said["accountName"]))
            container = str(said["containerName"])
            self.signatures.need_container(work, change.id.parent, account, container)

    def act(
        self, work: Work, verb: str, resource: Resource | None, id: ResourceId, body: Any
    ) -> Any:
        if resource is None or verb != "listSecrets":
            raise Conflict(f"a datastore cannot `{verb}`")
        hours = min(getattr(body, "expire_after_hours", None) or MOST_HOURS, MOST_HOURS)
        token = self.signatures.for_datastore(work.caller, resource, hours * 3600.0)
        if token is not None:
            # Never the account's key: it would open what no role gives.
            return {"secretsType": "Sas", "sasToken": token}
        return self._given(work, resource)

    def _given(self, work: Work, resource: Resource) -> Any:
        """The secret that came with the datastore, for storage that is not the estate's."""
        given = (work.secret(resource.id) or {}).get(SECRETS)
        if not given:
            raise Invalid(
                f"the datastore `{resource.name}` was made without secrets: "
                "readers come with an identity of their own",
                code="NoSecrets",
            )
        return given
