"""Conditional headers, as Azure Storage reads them."""

from __future__ import annotations

import msgspec

from ..core.errors import Conflict, Forbidden, NotModified, Stale
from ..store.blob_tables import Blob, Container


class Conditions(msgspec.Struct, frozen=True):
    """ETags without quotes, `*` for any; times as epoch seconds; `lease` is what the caller holds.

    `create_only` is for a caller who may add blobs and not replace them.
    """

    match: str | None = None
    none_match: str | None = None
    modified_since: float | None = None
    unmodified_since: float | None = None
    lease: str | None = None
    create_only: bool = False

    def for_read(self, found: Blob | Container) -> None:
        """Refuse with NotModified where the caller has it already, and Stale where it's another."""
        self._positive(found)
        if self.none_match is not None and _is(self.none_match, found):
            raise NotModified("The caller has this version already.")
        # Last-Modified is told in whole seconds, so it's compared in them.
        since = self.modified_since
        if self.none_match is None and since is not None and int(found.modified) <= since:
            raise NotModified("It has not been modified since.")

    def for_missing(self) -> None:
        """Refuse with Stale where a read names the version of what isn't there."""
        if self.match is not None:
            raise _stale()

    def for_write(self, found: Blob | Container | None) -> None:
        """Refuse with Stale, or Conflict where `If-None-Match: *` meets something."""
        if found is None:
            self.for_missing()
            return
        if self.create_only:
            raise Forbidden(
                "This identity may add blobs and not replace them: that takes the letter `w` of a "
                "signature, or the data action `Microsoft.Storage/storageAccounts/blobServices/"
                "containers/blobs/write`, which the role `Storage Blob Data Contributor` has.",
                code="AuthorizationPermissionMismatch",
            )
        self._positive(found)
        if self.none_match == "*":
            raise Conflict("The specified blob already exists.", code="BlobAlreadyExists")
        if self.none_match is not None and _is(self.none_match, found):
            raise _stale()
        since = self.modified_since
        if since is not None and int(found.modified) <= since:
            raise _stale()

    def _positive(self, found: Blob | Container) -> None:
        if self.match is not None and not _is(self.match, found):
            raise _stale()
        since = self.unmodified_since
        if since is not None and int(found.modified) > since:
            raise _stale()


NONE = Conditions()


def _is(etag: str, found: Blob | Container) -> bool:
    return etag in ("*", found.etag)


def _stale() -> Stale:
    return Stale(
        "The condition specified using HTTP conditional header(s) is not met.",
        code="ConditionNotMet",
    )
