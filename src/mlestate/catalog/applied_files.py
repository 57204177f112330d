"""What of an estate file was applied, and who applies it now: one record for each estate.

The lease is what keeps two applies apart. It ends by itself, by the server's clock; whoever holds
it writes under its id, and every write names the etag that it follows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from ..core.bundle import Bundle
from ..core.errors import Conflict
from ..core.resource import Change, Resource, View
from ..core.resource_type import ResourceType
from ..core.times import iso
from ..core.words import Word

LONGEST_LEASE = 300


class State(Word):
    """`Partial`: the apply has ended, and something was refused."""

    APPLYING = "Applying"
    PARTIAL = "Partial"
    APPLIED = "Applied"


class Left(Struct, frozen=True):
    """What an earlier file made, and a later one no longer names."""

    id: str
    type: str
    key: str = ""


class Lease(Struct, frozen=True):
    """`holder` is what to call them; 0 `seconds` is the end of it."""

    id: str
    seconds: Annotated[int, Meta(ge=0, le=LONGEST_LEASE)]
    holder: str = ""
    since: str | None = None
    until: str | None = None


class AppliedFile(Struct, frozen=True):
    """`files` are the texts that are applied, or being applied; `before`, while they are, the ones
    that were applied in whole before them. `foreign` are the ids of what `files` name and did not
    make: it was there before them, or they were refused it."""

    files: Bundle
    state: State
    before: Bundle | None = None
    left: list[Left] | None = None
    foreign: list[str] | None = None
    lease: Lease | None = None


def under_way(resource: Resource, at: float) -> bool:
    """Whether somebody holds the lease."""
    lease = resource.properties.get("lease") or {}
    # Both are written in one form of one length, so that they compare as text.
    return str(lease.get("until") or "") > iso(at)


def _check(change: Change) -> None:
    if change.old is None or not under_way(change.old, change.at):
        return
    held = change.old.properties["lease"]
    if change.typed.lease is None or change.typed.lease.id != held["id"]:
        who = f"`{change.old.modified.by}` on {held.get('holder') or 'another machine'}"
        raise Conflict(
            f"{who} applies this estate since {_clock(held['since'])}: wait until that has ended; "
            f"should it have died, its lease ends by itself at {_clock(held['until'])}",
            code="ApplyUnderWay",
        )


def _clock(at: str) -> str:
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S} UTC"


def _complete(change: Change) -> dict[str, Any]:
    digest = {"digest": change.typed.files.digest}
    lease = change.properties.get("lease")
    if not lease:
        return digest
    old = (change.old.properties.get("lease") if change.old else None) or {}
    same = old.get("id") == lease["id"]
    times = {
        "since": old["since"] if same else iso(change.at),
        "until": iso(change.at + change.typed.lease.seconds),
    }
    return {**digest, "lease": {**lease, **times}}


def _render(resource: Resource, view: View) -> dict[str, Any]:
    return {"etag": resource.etag}


APPLIED_FILES = ResourceType(
    name="Mlestate.Organization/appliedFiles",
    doc="What of an estate file was applied last, and who applies it now.",
    properties=AppliedFile,
    estate_wide=True,
    stateful=False,
    read_only=("digest", "etag", "underWay"),
    check=_check,
    complete=_complete,
    render=_render,
)
