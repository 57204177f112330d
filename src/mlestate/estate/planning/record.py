"""What of an estate file was applied, as it is kept in the estate itself.

The estate is the state; this says only which file speaks for what is there, and who applies one.
Kept at `/providers/Mlestate.Organization/appliedFiles/<estate>`, see `catalog.applied_files`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ...core.bundle import Bundle
from ..desired import Desired, Document
from ..port import Port

COLLECTION = "/providers/Mlestate.Organization/appliedFiles"
APPLYING, PARTIAL, APPLIED = "Applying", "Partial", "Applied"


class Lease(msgspec.Struct, frozen=True):
    id: str
    holder: str = ""
    since: str = ""
    until: str = ""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """`before` is what was applied in whole before `files`, while those are not. `left` are things
    that earlier files made, and neither of these names; `foreign`, in lower case, the ids of what
    `files` name and did not make. `by` wrote it last."""

    estate: str
    etag: str
    files: Bundle
    digest: str
    state: str
    before: Bundle | None
    left: tuple[Desired, ...]
    foreign: frozenset[str]
    lease: Lease | None
    under_way: bool
    by: str
    at: str

    @property
    def whole(self) -> bool:
        return self.state == APPLIED


def address(estate: str) -> str:
    return f"{COLLECTION}/{estate}"


def find(port: Port, estate: str) -> Record | None:
    document = port.get(address(estate))
    return read(document) if document else None


def every(port: Port) -> list[Record]:
    """Of all estates that the caller may read."""
    return [read(document) for document in port.list(COLLECTION)]


def read(document: Document) -> Record:
    said: Any = document["properties"]
    written: Any = document.get("systemData") or {}
    lease = said.get("lease")
    return Record(
        estate=str(document["id"]).rsplit("/", 1)[-1],
        etag=said["etag"],
        files=msgspec.convert(said["files"], Bundle),
        digest=said["digest"],
        state=said["state"],
        before=msgspec.convert(said["before"], Bundle) if said.get("before") else None,
        left=tuple(_left(each) for each in said.get("left") or ()),
        foreign=frozenset(said.get("foreign") or ()),
        lease=msgspec.convert(lease, Lease) if lease else None,
        under_way=bool(said.get("underWay")),
        by=str(written.get("lastModifiedBy", "")),
        at=str(written.get("lastModifiedAt", "")),
    )


def beginning(
    old: Record | None,
    files: Bundle,
    left: Iterable[Desired],
    foreign: Iterable[str],
    lease: Document,
) -> Document:
    """From now on `files` are applied by who has the lease."""
    before = (old.files if old.whole else old.before) if old else None
    return _body(APPLYING, files, before, left, foreign, lease)


def ending(files: Bundle, left: Iterable[Desired]) -> Document:
    """A whole record of an apply that has nothing to do but be recorded."""
    return _body(APPLIED, files, None, left, (), None)


def whole(left: Iterable[Desired], lease: Document) -> Document:
    """The patch of an apply that did all that it was to do: what the file names is its own."""
    said = {"state": APPLIED, "before": None, "left": _shown(left), "foreign": None}
    return {"properties": {**said, "lease": lease}}


def partial(foreign: Iterable[str], lease: Document) -> Document:
    """The patch of an apply that ended before it did all: what was owned stays so."""
    said = {"state": PARTIAL, "foreign": sorted(foreign) or None, "lease": lease}
    return {"properties": said}


def _body(
    state: str,
    files: Bundle,
    before: Bundle | None,
    left: Iterable[Desired],
    foreign: Iterable[str],
    lease: Document | None,
) -> Document:
    said = {
        "files": msgspec.to_builtins(files),
        "state": state,
        "before": msgspec.to_builtins(before),
        "left": _shown(left),
        "foreign": sorted(foreign) or None,
        "lease": lease,
    }
    return {"properties": {key: value for key, value in said.items() if value is not None}}


def _shown(left: Iterable[Desired]) -> list[dict[str, str]]:
    return [{"id": each.id, "type": each.type, "key": each.key} for each in left]


def _left(entry: Any) -> Desired:
    return Desired(entry["id"], entry["type"], {}, key=entry.get("key", ""))
