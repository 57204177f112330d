"""Storage accounts as the blob protocol and the providers see them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

from ...api.blob.authorize import scope_of
from ...api.blob.ports import Account
from ...catalog import live
from ...catalog.storage import keys_made
from ...control.plane import Plane
from ...core import ids
from ...core.lifecycle import Work
from ...core.resource import Resource
from ...store import blobs

WORD = "storage"


class Accounts:
    """By name, which is unique in the estate. Keys are derived: none is stored."""

    def __init__(self, plane: Plane, secret: bytes):
        self.plane, self._secret = plane, secret

    def find(self, name: str) -> Account | None:
        found = self.named(name)
        if found is None:
            return None
        region = self.plane.region_of(found.id) or ""
        allowed = bool(found.properties.get("allowSharedKeyAccess"))
        guarded = live.is_guarded(found.tags)
        return Account(str(found.id), found.name, region, self.of(found), allowed, guarded)

    def named(self, name: str) -> Resource | None:
        """The account of the estate that has the name."""
        key = self.plane.cells.owner(WORD, name) if name else None
        return self.plane.load(ids.parse(key)) if key else None

    def of(self, account: Resource) -> tuple[str, ...]:
        """The account's two keys, in base64; others once they are renewed, or the account is made
        again under its name."""
        return tuple(self._key(account, *made) for made in keys_made(account).items())

    def _key(self, account: Resource, word: str, made: str) -> str:
        text = f"account {account.name} of {account.created.at} {word} of {made}".encode()
        return base64.b64encode(hmac.digest(self._secret, text, hashlib.sha512)).decode()

    def guarded_id(self, name: str, container: str, blob: str = "") -> str:
        """By which id the activity log tells of a blob, or of a container's listing; empty where
        nobody asks who reads there."""
        account = self.find(name)
        if account is None or not account.guarded:
            return ""
        scope = scope_of(account.id, container)
        return f"{scope}/blobs/{blob}" if blob else scope


class Containers:
    """Makes and drops containers in the transaction of whatever needs it."""

    def __init__(self, etag: Callable[[], str]):
        self._etag = etag

    def ensure(self, work: Work, account: str, name: str) -> None:
        if blobs.lock_container(work.connection, account, name) is None:
            blobs.add_container(work.connection, account, name, self._etag(), work.at, {})

    def drop(self, work: Work, account: str) -> None:
        """All of an account's, with what is in them."""
        while found := blobs.containers_of(work.connection, account, "", "", 1000):
            for container in found:
                blobs.remove_container(work.connection, container.id)
