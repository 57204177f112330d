"""An estate.yaml as text: where everything stands, and the faults found in it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import msgspec

from ..core.errors import Invalid

Path = tuple[str | int, ...]


class Spot(msgspec.Struct, frozen=True):
    """Line and column count from 1, as editors do."""

    line: int
    column: int


class Fault(msgspec.Struct, frozen=True, order=True):
    line: int
    column: int
    message: str
    file: str
    path: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class Source:
    """Collects the faults of one file; nothing is refused until everything has been read."""

    def __init__(self, file: str):
        self.file = file
        self._spots: dict[Path, Spot] = {}
        self._keys: dict[Path, Spot] = {}
        self._faults: set[Fault] = set()
        self._unread: set[Path] = set()

    def place(self, path: Path, spot: Spot) -> None:
        self._spots[path] = spot

    def place_key(self, path: Path, spot: Spot) -> None:
        self._keys[path] = spot

    def misread(self, path: Path, message: str) -> None:
        """The value is not of its type; what stands in for it is nobody's fault."""
        self.fault(path, message)
        self._unread.add(path)

    def fault(self, path: Path, message: str) -> None:
        """Something is wrong with the value at this path."""
        if path not in self._unread:
            self._add(path, message, self._spot(path, self._spots))

    def key_fault(self, path: Path, message: str) -> None:
        """Something is wrong with the key that names this path."""
        self._add(path, message, self._spot(path, self._keys))

    def unknown(self, path: Path, what: str, name: str, known: Iterable[str]) -> None:
        self.fault(path, f"unknown {what} `{name}`{suggest(name, known)}")

    def unknown_key(self, path: Path, what: str, name: str, known: Iterable[str]) -> None:
        self.key_fault(path, f"unknown {what} `{name}`{suggest(name, known)}")

    @property
    def faults(self) -> list[Fault]:
        return sorted(self._faults)

    def refuse(self) -> None:
        """Raise when there are faults: one error that holds them all."""
        if not (faults := self.faults):
            return
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise Invalid(
            f"`{self.file}` has {count}: mend what is listed and run again",
            code="InvalidEstate",
            details=tuple(Invalid(str(fault), target=fault.path) for fault in faults),
        )

    def _add(self, path: Path, message: str, spot: Spot) -> None:
        dotted = ".".join(str(part) for part in path)
        self._faults.add(Fault(spot.line, spot.column, message, self.file, dotted))

    def _spot(self, path: Path, first: dict[Path, Spot]) -> Spot:
        # What is not written in the file is shown where it would have to stand: in its parent.
        while path:
            for spots in (first, self._keys, self._spots):
                if path in spots:
                    return spots[path]
            path = path[:-1]
        return self._spots.get((), Spot(1, 1))


def suggest(name: str, known: Iterable[str]) -> str:
    """` ; did you mean …`, or the few words there are to choose from, or nothing."""
    words = list(known)
    folded = {word.casefold(): word for word in reversed(words)}
    if near := difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6):
        return f"; did you mean `{folded[near[0]]}`?"
    if 0 < len(words) <= 8:
        return f"; there is {', '.join(f'`{word}`' for word in words)}"
    return ""
