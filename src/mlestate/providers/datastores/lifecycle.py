"""Datastores: who may attach which storage, how far it opens, and what `listSecrets` hands out."""

from __future__ import annotations

from typing import Any, Protocol

from ...catalog import live
from ...catalog.datastores import container_of, is_own
from ...catalog.storage_address import plain
from ...core.access import Caller, refusal
from ...core.errors import Conflict, Forbidden, Invalid
from ...core.ids import ResourceId
from ...core.lifecycle import Lifecycle, Work
from ...core.resource import Change, Resource
from ...core.roles import smallest
from .outside_secrets import need_reading_only

KIND = "Microsoft.MachineLearningServices/workspaces/datastores"
SECRETS = "credentials.secrets"
# What opens an account by itself, whoever has it.
_KEYS = ("accountkey", "sas")
MOST_HOURS = 24
LIST_KEYS = "Microsoft.Storage/storageAccounts/listKeys/action"
WRITE_ACCOUNT = "Microsoft.Storage/storageAccounts/write"
WRITE_WORKSPACE = "Microsoft.MachineLearningServices/workspaces/write"
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
READ_BLOBS, WRITE_BLOBS = f"{_BLOBS}/read", f"{_BLOBS}/write"


class Signatures(Protocol):
    def for_datastore(self, caller: Caller, datastore: Resource, seconds: float) -> str | None:
        """A signature for all of the datastore's container, bound to the caller; None where the
        account is not one of the estate's."""


class Accounts(Protocol):
    def named(self, name: str) -> Resource | None:
        """The storage account of the estate that has the name."""


class Datastores(Lifecycle):
    kind = KIND

    def __init__(self, signatures: Signatures, accounts: Accounts):
        self.signatures, self.accounts = signatures, accounts

    def admit(self, work: Work, change: Change) -> None:
        account = self.accounts.named(plain(str(change.properties.get("accountName") or "")))
        if _born_with(work, change, account):
            if account is not None and _opens_by_itself(work, change):
                _need_opened(work, change, account, reading=False)
            return
        tags = _tags(work, change, account)
        _need_say(work, change, tags, account)
        if account is None:
            _need_outside_secrets(work, change, tags)
        elif change.old is None or _credentials(change) not in ("none", _credentials(change.old)):
            _need_opened(work, change, account, live.is_read_only(tags, account.tags))

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        """What holds it to reading is written down, so that it stays when the account changes. What
        opens an account of the estate's own is not kept: no datastore hands it out."""
        account = self._account(resource)
        if account is not None and _credentials(resource) in _KEYS:
            work.forget_secret(resource.id)
        change = _as_change(resource, old)
        if _born_with(work, change, account):
            return
        tags = _tags(work, change, account)
        if not live.access(tags) and account is not None and live.is_live(account.tags):
            tags = live.with_access(tags, "read")
        if tags != (resource.properties.get("tags") or {}):
            work.save(resource.with_properties(tags=tags))

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
        """The secret that came with the datastore's credentials, unless it is one that opens an
        account of the estate's own."""
        kind, given = _credentials(resource), _kept(work, resource.id)
        if kind in _KEYS and (account := self._account(resource)) is not None:
            raise _no_secrets(
                f"the datastore `{resource.name}` has nothing here that could be opened, and hands "
                f"out no key of `{account.name}`, which is an account of this estate"
            )
        if not given or str(given.get("secretsType")).lower() != kind:
            raise _no_secrets(
                f"the datastore `{resource.name}` was made without secrets: "
                "readers come with an identity of their own"
            )
        return given

    def _account(self, resource: Resource) -> Resource | None:
        return self.accounts.named(str(resource.properties.get("accountName") or ""))


def _no_secrets(why: str) -> Invalid:
    return Invalid(why, code="NoSecrets")


def _kept(work: Work, id: ResourceId) -> dict[str, Any]:
    return (work.secret(id) or {}).get(SECRETS) or {}


def _tags(work: Work, change: Change, account: Resource | None) -> dict[str, str | None]:
    """Its tags as they will be. Who may not open it further keeps what held it to reading."""
    tags = dict(change.properties.get("tags") or {})
    before = (change.old.properties.get("tags") or {}) if change.old else {}
    if _may_open(work, change, account):
        return tags
    if live.access(before) == live.READ and not live.access(tags):
        tags = live.with_access(tags, "read")
    if live.is_live(before) and not live.is_live(tags):
        tags = {**{k: v for k, v in tags.items() if k.lower() != live.LIVE}, live.LIVE: "true"}
    return tags


def _need_say(
    work: Work, change: Change, tags: dict[str, str | None], account: Resource | None
) -> None:
    """To say `access: write` is to decide about the source, not about one's own workspace."""
    before = (change.old.properties.get("tags") or {}) if change.old else {}
    said = live.access(tags) == live.WRITE and live.access(before) != live.WRITE
    if not said or _may_open(work, change, account):
        return
    action = WRITE_ACCOUNT if account else WRITE_WORKSPACE
    role = smallest(action)
    who = f"`{action}`{' on its account' if account else ''}"
    who += f", which the role `{role.name}` has" if role else ""
    raise Forbidden(
        f"`{work.caller.name}` may not say `access: write` of the datastore `{change.id.name}`: "
        f"that takes {who}; leave the tag out, or have it said in the estate's file",
        code="LinkedAuthorizationFailed",
        target="$.properties.tags.access",
    )


def _may_open(work: Work, change: Change, account: Resource | None) -> bool:
    if account is None:
        return work.caller.rights.allows(WRITE_WORKSPACE, str(change.id.parent))
    return work.caller.rights.allows(WRITE_ACCOUNT, str(account.id))


def _opens_by_itself(work: Work, change: Change) -> bool:
    """Whether one that its workspace was born with comes to hand out signatures, where it handed
    out none, or the workspace was made for identities only. Made with its workspace, it is what
    the workspace says."""
    home = work.find(change.id.parent)
    if home is None or home.created.at == work.at or _credentials(change) == "none":
        return False
    if change.old is not None and _credentials(change.old) == "none":
        return True
    return str(home.properties.get("systemDatastoresAuthMode")).lower() == "identity"


def _credentials(said: Change | Resource) -> str:
    """Their type in lower case; `none` where who reads comes with an identity."""
    credentials = said.properties.get("credentials") or {}
    return str(credentials.get("credentialsType", "None")).lower()


def _need_opened(work: Work, change: Change, account: Resource, reading: bool) -> None:
    """A datastore opens its container to all who may list its secrets: so whoever makes one on an
    account of the estate must be able to open that container as far without it."""
    if work.caller.rights.allows(LIST_KEYS, str(account.id)):
        return
    container = container_of(change.properties) or change.properties.get("fileShareName")
    scope = f"{account.id}/blobServices/default/containers/{container}"
    for action in (READ_BLOBS,) if reading else (READ_BLOBS, WRITE_BLOBS):
        if not work.caller.rights.allows(action, scope, data=True):
            # In the request's words: where the account is in the estate is not for strangers.
            place = f"{change.properties['accountName']}/{container}"
            raise refusal(work.caller, action, place, data=True, at=scope)


def _need_outside_secrets(work: Work, change: Change, tags: dict[str, str | None]) -> None:
    if live.is_read_only(tags, {}):
        same = change.old is not None and _credentials(change) == _credentials(change.old)
        kept = _kept(work, change.id) if same else {}
        need_reading_only(change.id.name, change.secrets.get(SECRETS) or kept)


def _as_change(resource: Resource, old: Resource | None) -> Change:
    return Change(
        id=resource.id, document=resource.document, typed=None, old=old, at=0.0, fresh_id=""
    )


def _born_with(work: Work, change: Change, account: Resource | None) -> bool:
    """Whether it is one of the two that the workspace itself is made with."""
    workspace = work.find(change.id.parent)
    return workspace is not None and is_own(workspace, change.properties, account)
