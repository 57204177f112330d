"""How far each cell's log is known to reach: a signed file outside the databases, so that who can
write to these alone can neither cut a log off nor put an older one back."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from .marks import Fault, Mark, Sign

NAME = "activity-heads.json"


class Entry(msgspec.Struct, frozen=True):
    """Of one cell. It is `settled` once the marks that others keep of it are in their databases."""

    begun: Mark
    head: Mark
    settled: bool = False


class Clock(msgspec.Struct, frozen=True):
    """When it was last looked at, and since when it has gone on without a jump."""

    since: float
    seen: float

    def looked_at(self, now: float, jump: float) -> Clock:
        steady = self.since <= now <= self.seen + jump
        return Clock(self.since if steady else now, now)


class Ledger(msgspec.Struct, frozen=True):
    """By cell; a cell that is not in it has no events yet."""

    cells: dict[str, Entry] = {}
    signature: str = ""
    clock: Clock | None = None

    def altered(self, entries: Mapping[str, Entry]) -> Ledger:
        return msgspec.structs.replace(self, cells=self.cells | dict(entries))

    @property
    def words(self) -> str:
        # Files of before have no clock, and their signatures hold.
        said = (self.cells,) if self.clock is None else (self.cells, self.clock)
        return "|".join(("ledger", *(_sorted(each) for each in said)))


def named(path: Path) -> list[str]:
    """The regions that a file knows of, as it stands."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Ledger)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return []
    return [cell for cell in found.cells if cell]


class LedgerFile:
    """`mlestate` alone writes to it, one process at a time."""

    def __init__(self, path: Path, sign: Sign):
        self._path, self._sign = path, sign

    def missing(self) -> bool:
        return not self._path.exists()

    def lay_aside(self, now: float) -> None:
        """Under another name: it is the proof of what was known."""
        if not self.missing():
            self._path.replace(self._path.with_name(f"{self._path.stem}.{int(now)}.json"))

    def read(self) -> Ledger | Fault:
        """A fault where it is gone, or is not the estate's own."""
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=Ledger)
        except FileNotFoundError:
            return Fault("", 0, f"the file `{NAME}`, which says how far the log reached, is gone")
        except OSError as error:
            return Fault("", 0, f"the file `{NAME}` cannot be read: {error.strerror}")
        except (msgspec.DecodeError, UnicodeDecodeError):
            found = Ledger()
        signature = self._sign(found.words)
        if not hmac.compare_digest(found.signature.encode(), signature.encode()):
            return Fault("", 0, f"the file `{NAME}` is not the estate's own")
        return found

    def write(self, ledger: Ledger) -> None:
        """On disk when it returns, whole or not at all."""
        signed = msgspec.structs.replace(ledger, signature=self._sign(ledger.words))
        draft = self._path.with_name(f".{self._path.name}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(signed))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        _sync(self._path.parent)


def _sorted(said: object) -> str:
    return msgspec.json.encode(said, order="sorted").decode()


def _sync(folder: Path) -> None:
    """Or the file's new name could be lost with the machine's power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
