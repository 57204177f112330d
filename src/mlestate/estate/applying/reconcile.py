"""One apply from end to end: whose is what, what is to do, the lease, the work, the record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import date

import msgspec

from ...core.bundle import Bundle
from ...core.errors import Conflict, Forbidden, PlatformError
from ..bundles import read_bundle
from ..compile import compile_estate
from ..desired import Desired
from ..planning import foreign
from ..planning import record as records
from ..planning.guests import over
from ..planning.moves import other_tenant
from ..planning.other_id import other_id
from ..planning.ownership import Owned, of_record, owned
from ..planning.plan import Ours, Plan, Step, plan
from ..planning.record import Record
from ..port import Port, Recorder, Several, Workers
from ..spec import Estate
from .apply import Watchman, apply
from .lease import Holder, Lease
from .outcome import WRITTEN, Outcome, Progress, Told, told


class Survey(msgspec.Struct, frozen=True):
    """A file, what is recorded of it, and what it would change."""

    files: Bundle
    estate: Estate
    record: Record | None
    owned: Mapping[str, Desired]
    desired: Mapping[str, Desired]
    plan: Plan

    @property
    def recorded(self) -> bool:
        """That it was applied in whole, just like this."""
        record = self.record
        return record is not None and record.whole and record.digest == self.files.digest

    @property
    def under_way(self) -> bool:
        """That somebody holds the lease, or was cut off with it."""
        return self.record is not None and self.record.under_way

    def foreign(self, outcomes: Collection[Outcome] = ()) -> list[str]:
        """What the file names and did not make, as far as these outcomes go: it was there before
        it and no file's, or the server would not have it."""
        ended = {each.id.lower(): each for each in outcomes}
        return [step.key for step in self.plan.steps if _foreign(step, ended.get(step.key))]

    def left(self, gone: Collection[str] = ()) -> list[Desired]:
        """What is owned, there, and not in the file; less what has gone since."""
        there = (each.desired for each in self.plan.removals)
        return [each for each in there if each.id.lower() not in gone]


def _foreign(step: Step, outcome: Outcome | None) -> bool:
    if outcome is None:
        return step.adopts
    return (step.adopts or step.makes) and not (outcome.result in WRITTEN or outcome.unanswered)


class Wanted(msgspec.Struct, frozen=True):
    """`name` is what the file is called in faults; `delete_data` names what may be deleted with
    the data in it; guests whose last day is before `today` are not asked for."""

    files: Bundle
    name: str = "estate.yaml"
    prune: bool = False
    delete_data: tuple[str, ...] = ()
    today: date = date.min


def survey(wanted: Wanted, port: Port, workers: Workers = map) -> Survey:
    """Reads, and writes nothing. Raises `Invalid` for a file that has faults."""
    estate, source = read_bundle(wanted.files, wanted.name)
    desired = compile_estate(estate, wanted.today)
    warned = tuple(over(estate, source, wanted.today))
    record, note = _record(port, estate.id)
    # Who is asked for no more is the file's all the same.
    known = owned(record, wanted.files, (estate, compile_estate(estate) if warned else desired))
    ours = Ours(estate, known, _of_others(port, estate.id, known, desired))
    found = plan(desired, port, workers, ours, wanted.prune)
    if known.before and (why := other_tenant(known.before, estate)):
        warned += (f"{why}: they all become others",)
    foreign.hold(found.steps, estate, source)
    warned += tuple(foreign.notes(found.steps))
    if record is None and not note:
        warned += tuple(other_id(estate.id, found, port))
    return Survey(
        wanted.files,
        estate,
        record,
        known.things,
        {each.id.lower(): each for each in desired},
        msgspec.structs.replace(found, notes=(*note, *warned, *found.notes)),
    )


def carry_out(
    found: Survey,
    port: Recorder,
    workers: Several,
    holder: Holder,
    clock: Callable[[], float],
    delete_data: Collection[str] = (),
    progress: Told = told,
    stop: Callable[[], str] = lambda: "",
) -> list[Outcome]:
    """Do what was surveyed, if nobody else has applied since. `stop` says why to begin no more.

    Raises Conflict while another applies, or where the server is known to refuse a step; Stale
    where another has applied since.
    """
    refuse_what_is_stuck(found.plan)
    if found.plan.exit_code == 0 and found.recorded:
        return []
    if found.plan.exit_code == 0 and not found.under_way:
        body = records.ending(found.files, found.left())
        etag = found.record.etag if found.record else ""
        port.replace(records.address(found.estate.id), body, etag)
        return []
    lease = Lease(port, records.address(found.estate.id), holder, clock)
    lease.take(
        found.record,
        lambda said: records.beginning(
            found.record, found.files, found.left(), found.foreign(), said
        ),
    )
    outcomes: list[Outcome] = []

    def tell(one: Progress) -> None:
        outcomes.append(one.outcome)
        progress(one)

    try:
        watchman = Watchman(lease.tick, lambda: stop() or lease.stop())
        apply(found.plan, port, workers, tell, watchman, delete_data)
    except BaseException:
        _give_back(found, lease, outcomes)
        raise
    _record_end(found, lease, outcomes)
    return outcomes


def refuse_what_is_stuck(plan: Plan) -> None:
    """Half an estate that cannot be made whole is worse than none of the change."""
    if not plan.stuck:
        return
    one = len(plan.stuck) == 1
    raise Conflict(
        f"the server will refuse {len(plan.stuck)} of the {len(plan.changes)} steps, so none is "
        f"begun: change the file where it asks for {'this' if one else 'these'}",
        code="PlanIsStuck",
        details=tuple(Conflict(f"`{each.desired.id}`: {each.obstacle}") for each in plan.stuck),
    )


def _record_end(found: Survey, lease: Lease, outcomes: list[Outcome]) -> None:
    if any(each.result in ("failed", "skipped") for each in outcomes):
        _give_back(found, lease, outcomes)
        return
    gone = {each.id.lower() for each in outcomes if each.result == "deleted"}
    lease.end(lambda said: records.whole(found.left(gone), said))


def _give_back(found: Survey, lease: Lease, outcomes: list[Outcome]) -> None:
    # Not given back, it ends by itself; what is to be told is how the work ended.
    with suppress(PlatformError):
        lease.end(lambda said: records.partial(found.foreign(outcomes), said))


def _record(port: Port, estate: str) -> tuple[Record | None, tuple[str, ...]]:
    try:
        return records.find(port, estate), ()
    except Forbidden:
        return None, ("you may not read what was applied before: what it made is not known",)


def _of_others(port: Port, estate: str, known: Owned, desired: list[Desired]) -> frozenset[str]:
    """What the files of other estates here name. Asked only where something might be removed."""
    gone = known.things.keys() - {each.id.lower() for each in desired}
    theirs: set[str] = set()
    for record in records.every(port) if gone else ():
        if record.estate.lower() != estate.lower():
            found = of_record(record)
            # Of a file that cannot be read nobody knows what it names.
            theirs |= gone if found.trouble else found.things.keys()
    return frozenset(theirs)
