"""Events that must not wait for a database: in a file before their request is answered, and moved
from there into the log, many in one transaction.

What was added survives the end of this process; with `sync` that of the machine, too. Files are
numbered; the log knows the last one that it has taken in, so that none is taken in twice.
"""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from ...core.activity import Event
from ...core.errors import Unavailable
from ..database import Database, key_of
from .marks import JOURNAL, Mark, keep, kept, signer
from .writing import record

# What still tells two events apart when they are told as one.
_SHARED = ("principal", "name", "action", "resource", "status", "operation")
_ALIKE = ("code", "error", "address", "job", "via")


_NAME = re.compile(r"[0-9]{12,18}\.jsonl")
_log = structlog.get_logger(__name__)


class Journal:
    """`folder` is this journal's alone."""

    def __init__(self, folder: Path, database: Database):
        self._folder, self._database = folder, database
        self._adding, self._moving = threading.Lock(), threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # By number, what is in a file and not in the log yet; the last of them is added to.
        self._waiting = self._left_over()
        self._number = max(self._waiting, default=self._seen()) + 1
        self._file: int | None = None

    def add(self, event: Event, sync: bool = False) -> None:
        """Raises Unavailable where it cannot be written: what it tells must not be done then."""
        line = msgspec.json.encode(event) + b"\n"
        try:
            with self._adding:
                if self._file is None:
                    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
                    self._file = os.open(self._path(self._number), flags, 0o600)
                if os.write(self._file, line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                self._waiting.setdefault(self._number, []).append(event)
                # Others need not wait for the disk; and the file may be closed meanwhile.
                mine = os.dup(self._file) if sync else None
            if mine is not None:
                _sync(mine)
        except OSError as error:
            raise Unavailable(f"the activity log cannot be written: {error.strerror}") from error

    def flush(self) -> None:
        """Move all that was added until now. It stays where it is while the database is away."""
        with self._moving:
            for number, events in self._turned().items():
                with self._database.write() as connection:
                    record(connection, *together(events))
                    mark = Mark(JOURNAL, "", number, "", events[-1].at)
                    keep(connection, mark.signed(signer(key_of(connection))))
                with self._adding:
                    del self._waiting[number]
                self._path(number).unlink(missing_ok=True)

    def close(self) -> None:
        self.flush()

    def _turned(self) -> dict[int, list[Event]]:
        """What waits; from now on another file is added to."""
        with self._adding:
            if self._file is not None:
                os.close(self._file)
                self._file, self._number = None, self._number + 1
            return dict(self._waiting)

    def _left_over(self) -> dict[int, list[Event]]:
        """Of a process that was killed: files that the log has not taken in."""
        seen, found = self._seen(), {}
        for file in sorted(self._folder.iterdir()):
            if not (_NAME.fullmatch(file.name) and file.is_file()):
                _log.warning("not a file of the activity log's journal", file=str(file))
                continue
            number = int(file.stem)
            events = _read(file) if number > seen else []
            if events:
                found[number] = events
            else:
                file.unlink()
        return found

    def _seen(self) -> int:
        with self._database.read() as connection:
            mark = kept(connection, JOURNAL, "")
            # Who writes to the database alone shall not have what a kill left thrown away.
            known = mark is not None and mark.genuine(signer(key_of(connection)))
        return mark.seq if mark and known else 0

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012}.jsonl"


def together(events: Iterable[Event]) -> list[Event]:
    """Those alike are told as one, by the first of them, with how many requests they were."""
    found: dict[tuple[object, ...], Event] = {}
    for event in events:
        about = event.known
        same = (
            *(getattr(event, name) for name in _SHARED),
            *(getattr(about, name) for name in _ALIKE),
        )
        first = found.get(same)
        found[same] = _added(first, event) if first and about.requests else event
    return list(found.values())


def _added(first: Event, event: Event) -> Event:
    one, other = first.known, event.known
    both = msgspec.structs.replace(
        one, requests=one.requests + other.requests, size=one.size + other.size
    )
    return msgspec.structs.replace(first, about=msgspec.json.encode(both).decode())


def _sync(file: int) -> None:
    try:
        os.fdatasync(file)
    finally:
        os.close(file)


def _read(file: Path) -> list[Event]:
    """All whole lines: the last may have been cut off with the process, or by a full disk."""
    found = []
    for line in file.read_bytes().splitlines():
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            found.append(msgspec.json.decode(line, type=Event))
    return found
