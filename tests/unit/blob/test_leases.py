from __future__ import annotations

import pytest

from mlestate.blob import blobs, containers, leases
from mlestate.blob.cell import Cell, Place
from mlestate.blob.conditions import Conditions
from mlestate.blob.leases import State, Wish
from mlestate.core.errors import Conflict, Invalid, PlatformError, Stale
from mlestate.store.blob_tables import Lease

A, B = "aaaa", "bbbb"


def held(seconds: int | None = 15) -> Lease:
    return leases.acquire(None, A, seconds, 100.0)


def code(*arguments: object) -> str:
    with pytest.raises(PlatformError) as refused:
        leases.apply(*arguments)  # type: ignore[arg-type]
    return refused.value.code


def test_a_lease_runs_out_and_an_infinite_one_does_not() -> None:
    assert leases.state(held(), 114.9) is State.LEASED
    assert leases.state(held(), 115.0) is State.EXPIRED
    assert leases.state(held(None), 1e12) is State.LEASED


@pytest.mark.parametrize("seconds", [0, 14, 61, -2])
def test_a_lease_has_azures_length(seconds: int) -> None:
    with pytest.raises(Invalid):
        leases.acquire(None, A, seconds, 0.0)


def test_a_break_ends_after_its_period_and_never_later_than_the_lease() -> None:
    assert leases.break_(held(), 5, 100.0)[1] == 5
    assert leases.break_(held(), 60, 110.0)[1] == 5
    assert leases.break_(held(), None, 110.0)[1] == 5
    assert leases.break_(held(None), None, 110.0)[1] == 0
    assert leases.break_(held(None), 30, 110.0)[1] == 30
    breaking, _ = leases.break_(held(None), 30, 110.0)
    assert leases.state(breaking, 139.9) is State.BREAKING
    assert leases.state(breaking, 140.0) is State.BROKEN


def test_what_another_holds_is_not_given() -> None:
    breaking, _ = leases.break_(held(None), 30, 110.0)
    assert code(held(), Wish("acquire", proposed=B, seconds=15), 101.0) == "LeaseAlreadyPresent"
    assert code(breaking, Wish("acquire", proposed=B), 111.0) == "LeaseAlreadyPresent"
    assert (
        code(breaking, Wish("acquire", proposed=A), 111.0) == "LeaseIsBreakingAndCannotBeAcquired"
    )
    assert code(held(), Wish("renew", id=B), 101.0) == "LeaseIdMismatchWithLeaseOperation"
    assert code(breaking, Wish("renew", id=A), 111.0) == "LeaseIsBrokenAndCannotBeRenewed"
    assert code(held(), Wish("release", id=B), 101.0) == "LeaseIdMismatchWithLeaseOperation"
    assert code(None, Wish("break"), 101.0) == "LeaseNotPresentWithLeaseOperation"


def test_an_expired_lease_is_renewed_by_who_held_it_and_taken_by_anybody() -> None:
    assert leases.state(leases.renew(held(), A, 500.0), 514.0) is State.LEASED
    assert leases.acquire(held(), B, 15, 500.0).id == B


def test_a_leased_blob_is_written_by_its_holder_only(cell: Cell, place: Place) -> None:
    blobs.put(cell, place, [b"x"])
    blobs.lease(cell, place, Wish("acquire", proposed=A, seconds=15))
    for refused in (None, B):
        with pytest.raises(Stale):
            blobs.put(cell, place, [b"y"], conditions=Conditions(lease=refused))
        with pytest.raises(Stale):
            blobs.delete(cell, place, Conditions(lease=refused))
        with pytest.raises(Stale):
            blobs.set_metadata(cell, place, {"a": "1"}, Conditions(lease=refused))
    blobs.put(cell, place, [b"y"], conditions=Conditions(lease=A))
    assert blobs.get(cell, place).lease is not None
    blobs.delete(cell, place, Conditions(lease=A))


def test_after_it_ran_out_a_lease_guards_nothing(cell: Cell, place: Place, clock: object) -> None:
    blobs.put(cell, place, [b"x"])
    blobs.lease(cell, place, Wish("acquire", proposed=A, seconds=15))
    clock.now += 16  # type: ignore[attr-defined]
    with pytest.raises(Stale) as lost:
        blobs.put(cell, place, [b"y"], conditions=Conditions(lease=A))
    assert lost.value.code == "LeaseLost"
    blobs.put(cell, place, [b"y"])


def test_a_leased_container_is_not_deleted(cell: Cell) -> None:
    containers.lease(cell, "acc", "box", Wish("acquire", proposed=A))
    with pytest.raises(Stale):
        containers.delete(cell, "acc", "box")
    containers.lease(cell, "acc", "box", Wish("release", id=A))
    containers.delete(cell, "acc", "box")


def test_two_do_not_get_one_lease(cell: Cell, place: Place) -> None:
    blobs.put(cell, place, [b"x"])
    blobs.lease(cell, place, Wish("acquire", proposed=A))
    with pytest.raises(Conflict):
        blobs.lease(cell, place, Wish("acquire", proposed=B))
