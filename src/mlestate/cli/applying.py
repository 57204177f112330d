"""`mlestate apply` of a file or of a saved plan."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import msgspec

from ..app import holders
from ..client.client import Client, Several, several
from ..core.errors import Invalid
from ..estate.applying import saved
from ..estate.applying.outcome import Outcome, Progress, failed
from ..estate.applying.reconcile import Survey, carry_out, survey
from ..estate.planning.contents import name
from ..estate.planning.record import Record
from ..estate.planning.staying import nameable
from .files import today, wanted
from .options import Format
from .outcomes import as_document, progress_text, summary
from .output import note, show
from .plans import how_it_stands
from .reach import connect, read_text, suggestion

_STOPPED = "it was told to stop"


def apply_file(
    file: Path, data: Path, url: str, prune: bool, names: tuple[str, ...], output: Format
) -> int:
    text = read_text(file) if str(file) != "-" else ""
    plan = saved.read(text, str(file)) if saved.is_saved(text) else None
    if plan and prune and not plan.prune:
        raise Invalid(f"`{file}` was saved without --prune: plan again with it")
    asked = msgspec.structs.replace(plan.wanted, today=today()) if plan else wanted(file, prune)
    refuse_idle_names(names, asked.prune)
    with ended_cleanly(), connect(data, url) as client, several() as workers:
        found = survey(asked, client, workers)
        if plan:
            saved.hold(plan, found)
        know_names(names, found)
        if found.record and not holders.at_work(found.record):
            _say_of_the_last(found.record)
        outcomes = _carried_out(found, client, workers, (*names, *_typed(found, names, output)))
    kept, left = found.plan.count("keep"), found.plan.leaves
    show(as_document(outcomes), output, lambda: summary(outcomes, kept, left))
    return 1 if failed(outcomes) else 0


def refuse_idle_names(names: tuple[str, ...], prune: bool) -> None:
    if names and not prune:
        raise Invalid("--delete-data says what --prune may delete: say both")


def know_names(names: tuple[str, ...], found: Survey) -> None:
    """Refuse a name of nothing that would go, or went already in an apply that was cut off."""
    going = [each.desired.id for each in found.plan.deletes]
    owned = (each.id for key, each in found.owned.items() if key not in found.desired)
    known = {word.lower() for id in (*going, *owned) for word in (id, name(id))}
    idle = [each for each in names if each.lower() not in known]
    # With nothing to remove it is a command that was run again.
    if idle and going:
        near = suggestion(idle[0], map(name, going))
        raise Invalid(f"--delete-data {idle[0]}: nothing of that name is to be deleted{near}")


@contextmanager
def ended_cleanly() -> Iterator[None]:
    """SIGTERM is as Ctrl-C: what was begun ends, and the lease is given back."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _heard_by(interrupt, [signal.SIGTERM]):
        yield


@contextmanager
def _told_to_stop() -> Iterator[Callable[[], str]]:
    """Gives what says so, once Ctrl-C or SIGTERM was heard. Nothing is thrown into the work, which
    might hold a lock; who asks twice does not wait for it."""
    heard: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        if heard:
            raise KeyboardInterrupt
        heard.append(number)

    numbers = (signal.SIGINT, signal.SIGTERM)
    with _heard_by(hear, [n for n in numbers if signal.getsignal(n) is not signal.SIG_IGN]):
        yield lambda: _STOPPED if heard else ""


@contextmanager
def _heard_by(
    handler: Callable[[int, FrameType | None], None], numbers: Iterable[signal.Signals]
) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _carried_out(
    found: Survey, client: Client, workers: Several, names: tuple[str, ...]
) -> list[Outcome]:
    ended: list[Outcome] = []

    def tell(progress: Progress) -> None:
        if progress.outcome.why != _STOPPED:
            ended.append(progress.outcome)
            note(progress_text(progress))

    me = holders.this_process()
    with _told_to_stop() as stop:
        outcomes = carry_out(found, client, workers, me, time.monotonic, names, tell, stop)
    if len(ended) == len(outcomes):
        return outcomes
    note(f"{len(ended)} of {len(outcomes)} were done, and stay so: run it again for the rest")
    raise KeyboardInterrupt


def _say_of_the_last(record: Record) -> None:
    if text := how_it_stands(record):
        note(f"going on: {text.removesuffix(': run it again')}")


def _typed(found: Survey, names: tuple[str, ...], output: Format) -> Iterator[str]:
    """What a person at a terminal lets go with its data, by typing its name."""
    if output is not Format.table or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    known = {each.lower() for each in names}
    for removal in nameable(found.plan.deletes):
        own = name(removal.desired.id)
        if not {own.lower(), removal.key} & known:
            note(
                f"`{own}` holds {removal.contents}. Type its name to delete it with that, or Enter:"
            )
            if input().strip() == own:
                yield own
