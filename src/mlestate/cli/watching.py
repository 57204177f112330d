"""`mlestate apply --watch DIR`: a line for each round, until it is told to end."""

from __future__ import annotations

import json
import signal
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ..app import holders
from ..client.client import Client, Several, several
from ..core import durations
from ..core.bundle import Bundle
from ..core.errors import Invalid
from ..estate.applying.outcome import Outcome
from ..estate.applying.reconcile import Survey, Wanted, carry_out, survey
from ..estate.applying.watch import Round, Watch
from .applying import refuse_idle_names
from .files import bundle, main_file, need_folder, today
from .options import Format
from .outcomes import outcome_text
from .output import note
from .printable import in_a_line
from .reach import connect

# Each round asks the estate for everything that the file says.
_OFTEN = 1.0


def watch_folder(
    folder: Path,
    every: str,
    data: Path,
    url: str,
    prune: bool,
    names: tuple[str, ...],
    output: Format,
) -> int:
    seconds = _seconds(every)
    refuse_idle_names(names, prune)
    need_folder(folder)
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    with connect(data, url) as client, several() as workers:
        keeper = _Keeper(client, workers, folder, prune, names, end)
        Watch(
            lambda: bundle(main_file(folder)),
            keeper.reconcile,
            lambda one: print(in_a_line(_line(one, output)), flush=True),
            seconds,
            time.monotonic,
            lambda seconds: not end.wait(seconds),
        ).run()
    note("stopped watching")
    return 0


def _seconds(text: str) -> float:
    try:
        seconds = durations.parse(f"PT{text.strip().upper()}")
    except Invalid:
        raise Invalid(f"`--every {text}` is no time: write one such as `30s` or `5m`") from None
    if seconds < _OFTEN:
        raise Invalid(f"`--every {text}` is too often: write `{_OFTEN:.0f}s` or more")
    return seconds


class _Keeper:
    def __init__(
        self,
        client: Client,
        workers: Several,
        folder: Path,
        prune: bool,
        names: tuple[str, ...],
        end: threading.Event,
    ):
        self._client, self._workers, self._end = client, workers, end
        self._folder, self._prune, self._names = folder, prune, names

    def reconcile(self, files: Bundle) -> Round:
        name = str(main_file(self._folder))
        asked = Wanted(files, name, self._prune, today=today())
        found = survey(asked, self._client, self._workers)
        outcomes = carry_out(
            found,
            self._client,
            self._workers,
            holders.this_process(),
            time.monotonic,
            self._names,
            stop=lambda: "it was told to stop: run it again" if self._end.is_set() else "",
        )
        return _round(found, outcomes)


def _round(found: Survey, outcomes: list[Outcome]) -> Round:
    by = {word: [each for each in outcomes if each.result == word] for word in ("kept", "deleted")}
    bad = [each for each in outcomes if each.result in ("failed", "skipped")]
    first = next(iter([*bad, *by["kept"]]), None)
    return Round(
        found.files.digest,
        written=len(outcomes) - len(bad) - len(by["kept"]) - len(by["deleted"]),
        deleted=len(by["deleted"]),
        kept=len(by["kept"]),
        unchanged=found.plan.count("keep"),
        failed=len(bad),
        fault=outcome_text(first) if first else "",
    )


def _line(one: Round, output: Format) -> str:
    at = datetime.now(UTC)
    if output is not Format.table:
        return json.dumps({"at": at.isoformat(), **msgspec.to_builtins(one)}, ensure_ascii=False)
    counts = [(one.written, "written"), (one.deleted, "deleted"), (one.kept, "kept")]
    counts += [(one.failed, "not done")]
    said = ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing to do"
    if not one.unchanged and not any(count for count, _ in counts):
        said = "nothing done"
    fault = f": {one.fault}" if one.fault else ""
    digest = f" {one.digest[:8]}" if one.digest else ""
    return f"{at:%H:%M:%S}{digest} {said}, {one.unchanged} as they were{fault}"
