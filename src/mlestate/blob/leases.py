"""Leases: pure transitions of one value. Codes are Azure's, for blobs and containers alike."""

from __future__ import annotations

from enum import Enum

import msgspec

from ..core.errors import Conflict, Invalid, Stale
from ..store.blob_tables import Blob, Container, Lease


class State(Enum):
    AVAILABLE = "available"
    LEASED = "leased"
    EXPIRED = "expired"
    BREAKING = "breaking"
    BROKEN = "broken"


def state(lease: Lease | None, now: float) -> State:
    if lease is None:
        return State.AVAILABLE
    if lease.breaks is not None:
        return State.BREAKING if now < lease.breaks else State.BROKEN
    if lease.until is not None and now >= lease.until:
        return State.EXPIRED
    return State.LEASED


def locked(lease: Lease | None, now: float) -> bool:
    return state(lease, now) in (State.LEASED, State.BREAKING)


class Wish(msgspec.Struct, frozen=True):
    """One lease operation: acquire, renew, change, release or break.

    `seconds` is a lease's duration (None for ever), `period` a break's (None for what remains).
    """

    action: str
    id: str = ""
    proposed: str = ""
    seconds: int | None = None
    period: int | None = None


def apply(lease: Lease | None, wish: Wish, now: float) -> tuple[Lease | None, int]:
    """The lease afterwards, and for a break, in how many seconds it ends."""
    match wish.action:
        case "acquire":
            return acquire(lease, wish.proposed, wish.seconds, now), 0
        case "renew":
            return renew(lease, wish.id, now), 0
        case "change":
            return change(lease, wish.id, wish.proposed, now), 0
        case "release":
            release(lease, wish.id)
            return None, 0
        case "break":
            return break_(lease, wish.period, now)
    raise Invalid(f"`{wish.action}` is no lease action.", code="InvalidHeaderValue")


def acquire(lease: Lease | None, id: str, seconds: int | None, now: float) -> Lease:
    """`seconds` None is for ever. Who holds it already may acquire it anew."""
    if seconds is not None and not 15 <= seconds <= 60:
        raise Invalid("A lease lasts 15 to 60 seconds, or -1.", code="InvalidHeaderValue")
    match state(lease, now):
        case State.BREAKING if lease and _same(lease.id, id):
            raise Conflict("The lease is breaking.", code="LeaseIsBreakingAndCannotBeAcquired")
        case State.BREAKING | State.LEASED if lease and not _same(lease.id, id):
            raise Conflict("There is already a lease present.", code="LeaseAlreadyPresent")
    return Lease(id, seconds, None if seconds is None else now + seconds)


def renew(lease: Lease | None, id: str, now: float) -> Lease:
    lease = _own(lease, id)
    if state(lease, now) in (State.BREAKING, State.BROKEN):
        raise Conflict("The lease is broken.", code="LeaseIsBrokenAndCannotBeRenewed")
    return acquire(None, lease.id, lease.seconds, now)


def change(lease: Lease | None, id: str, proposed: str, now: float) -> Lease:
    if lease is not None and _same(lease.id, proposed) and state(lease, now) is State.LEASED:
        return lease  # asked twice
    lease = _own(lease, id)
    match state(lease, now):
        case State.BREAKING:
            raise Conflict("The lease is breaking.", code="LeaseIsBreakingAndCannotBeChanged")
        case State.BROKEN | State.EXPIRED:
            raise Conflict("There is no lease.", code="LeaseNotPresentWithLeaseOperation")
    return msgspec.structs.replace(lease, id=proposed)


def release(lease: Lease | None, id: str) -> None:
    _own(lease, id)


def break_(lease: Lease | None, period: int | None, now: float) -> tuple[Lease, int]:
    """The lease, and in how many seconds it ends. `period` only shortens what remains."""
    if period is not None and not 0 <= period <= 60:
        raise Invalid("A break period lasts 0 to 60 seconds.", code="InvalidHeaderValue")
    if lease is None:
        raise Conflict("There is no lease.", code="LeaseNotPresentWithLeaseOperation")
    left = _remaining(lease, now)
    wait = left if period is None else period if left is None else min(period, left)
    wait = wait or 0.0
    return msgspec.structs.replace(lease, breaks=now + wait), round(wait)


def guard_write(found: Blob | Container, given: str | None, now: float) -> None:
    """Refuse a write or delete that does not name the active lease, or names one that isn't."""
    if locked(found.lease, now) and given is None:
        raise Stale(
            "There is currently a lease on the resource and no lease ID was specified.",
            code="LeaseIdMissing",
        )
    guard_read(found, given, now)


def guard_read(found: Blob | Container, given: str | None, now: float) -> None:
    """A read needs no lease, but one that it names must be the active one."""
    if given is None:
        return
    kind = "Container" if isinstance(found, Container) else "Blob"
    lease = found.lease
    if not locked(lease, now):
        if lease is not None and _same(lease.id, given):
            raise Stale("The lease has expired or was broken.", code="LeaseLost")
        raise Stale("There is no lease.", code=f"LeaseNotPresentWith{kind}Operation")
    assert lease is not None
    if not _same(lease.id, given):
        raise Stale("The lease ID does not match.", code=f"LeaseIdMismatchWith{kind}Operation")


def _own(lease: Lease | None, id: str) -> Lease:
    if lease is None or not _same(lease.id, id):
        raise Conflict("The lease ID does not match.", code="LeaseIdMismatchWithLeaseOperation")
    return lease


def _remaining(lease: Lease, now: float) -> float | None:
    """Seconds until it ends by itself; None for never."""
    end = lease.until if lease.breaks is None else lease.breaks
    return None if end is None else max(0.0, end - now)


def _same(a: str, b: str) -> bool:
    return a.lower() == b.lower()
