"""Datastores: what `listSecrets` hands out."""

from __future__ import annotations

from typing import Any, Protocol

from ..catalog.storage_address import plain
from ..core.access import Caller, refusal
from ..core.errors import Conflict, Invalid
from ..core.ids import ResourceId
from ..core.lifecycle import Lifecycle, Work
from ..core.resource import Change, Resource

KIND = "Microsoft.MachineLearningServices/workspaces/datastores"
SECRETS = "credentials.secrets"
MOST_HOURS = 24
LIST_KEYS = "Microsoft.Storage/storageAccounts/listKeys/action"
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
READ_BLOBS, WRITE_BLOBS = f"{_BLOBS}/read", f"{_BLOBS}/write"


class Signatures(Protocol):
    def for_datastore(self, caller: Caller, datastore: Resource, seconds: float) -> str | None:
        """A signature for all of the datastore's container, bound to the caller; None where the
        account is not one of the estate's."""


class Accounts(Protocol):
    def id_of(self, name: str) -> str | None:
        """The ARM id of a storage account of the estate."""


class Datastores(Lifecycle):
    kind = KIND

    def __init__(self, signatures: Signatures, accounts: Accounts):
        self.signatures, self.accounts = signatures, accounts

    def admit(self, work: Work, change: Change) -> None:
        """A datastore opens its container to all who may list its secrets: so whoever makes one on
        an account of the estate must be able to open that container without it."""
        container = str(change.properties.get("containerName") or "")
        if change.old is not None or _born_with(work, change, container):
            return
        account = self.accounts.id_of(plain(str(change.properties.get("accountName"))))
        if account is None:
            return
        if work.caller.rights.allows(LIST_KEYS, account):
            return
        scope = f"{account}/blobServices/default/containers/{container}"
        for action in (READ_BLOBS, WRITE_BLOBS):
            if not work.caller.rights.allows(action, scope, data=True):
                # In the request's words: where the account is in the estate is not for strangers.
                place = f"{change.properties['accountName']}/{container}"
                raise refusal(work.caller, action, place, data=True)

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


def _born_with(work: Work, change: Change, container: str) -> bool:
    """Whether it is one of the two that the workspace itself is made with."""
    workspace = work.find(change.id.parent)
    guid = workspace.properties["workspaceId"] if workspace else ""
    return bool(guid) and container in (f"azureml-blobstore-{guid}", f"azureml-{guid}")
