"""What is said of the activity log's keeping: events of its own, and faults."""

from __future__ import annotations

from ..catalog.activity_logs import ACTIVITY_LOGS
from ..core.activity import By, Event, event, scrubbed
from ..core.errors import Conflict
from ..core.ids import parse
from ..core.times import iso
from ..store.activity.chain import Verdict
from ..store.activity.ledger import NAME
from ..store.activity.marks import Fault, Mark

SETTINGS = parse(f"/providers/{ACTIVITY_LOGS.name}/default")
ACCEPT = f"{ACTIVITY_LOGS.name}/accept/action"
DROP = f"{ACTIVITY_LOGS.name}/drop/action"
STRANGE = f"it has events that `{NAME}` does not know of"
BEGUN_GONE = "the mark of where its events began to be sealed was changed, or is gone"
OTHER_SECRET = (
    "`server.secret` is not the one that its events were sealed with: none of them can be checked"
)


def accepted(now: float, faults: list[Fault]) -> Event:
    said = "; ".join(f"{_place(each)}: {each.what}" for each in faults)
    return event(By(), now, ACCEPT, str(SETTINGS), message=scrubbed(said))


def dropped(now: float, count: int, last: int, before: float) -> Event:
    said = f"{count} events up to number {last} are from before {iso(before)}: they were dropped"
    return event(By(), now, DROP, str(SETTINGS), message=said)


def gone(head: Mark, keeper: str) -> Fault:
    return Fault(head.cell, head.seq, f"the head of it that {word(keeper)} kept is gone")


def unknown(cell: str, seq: int) -> Verdict:
    """A head is known of what the estate does not have."""
    fault = Fault(cell, seq, "there is a head of it, and no log: the estate has no such cell")
    return Verdict(cell, 0, 0, 0, "", (fault,))


def replaced(cell: str) -> Conflict:
    return Conflict(
        f"the database of {word(cell)} is not the one that was used: it is empty, or "
        "another's. Put the right one in its place; if that is lost for good, "
        "`mlestate audit accept` goes on with this one",
        code="DatabaseReplaced",
    )


def other_secret() -> Conflict:
    return Conflict(
        "`server.secret` is not the one that this estate was used with. Put the right one in its "
        "place; if that is lost for good, `mlestate audit accept` goes on with this one",
        code="SecretReplaced",
    )


def word(cell: str) -> str:
    return cell or "the estate"


def _place(fault: Fault) -> str:
    return f"{word(fault.cell)}, event {fault.seq}" if fault.seq else word(fault.cell)
