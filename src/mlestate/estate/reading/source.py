"""An estate.yaml, with what it includes, as text: where everything stands, and what is wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import msgspec

from ...core import naming
from ...core.errors import Invalid

Path = tuple[str | int, ...]


class Spot(msgspec.Struct, frozen=True):
    """Line and column count from 1, as editors do."""

    line: int
    column: int
    file: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Fault(msgspec.Struct, frozen=True):
    spot: Spot
    message: str
    path: str

    def __str__(self) -> str:
        return f"{self.spot}: {self.message}"


class Source:
    """Collects the faults of one estate; nothing is refused until everything has been read.

    `files` are all that was read, the one that includes the others first.
    """

    def __init__(self, *files: str):
        self.files = list(files)
        self._spots: dict[Path, Spot] = {}
        self._keys: dict[Path, Spot] = {}
        # By place and words: what is seen from two sides is one fault.
        self._faults: dict[tuple[Spot, str], Fault] = {}
        # One cause seen from many sides: the first of them stands for all.
        self._causes: dict[tuple[str, ...], dict[tuple[Spot, str], None]] = {}
        self._unread: set[Path] = set()

    @property
    def file(self) -> str:
        return self.files[0]

    def place(self, path: Path, spot: Spot) -> None:
        self._spots[path] = spot

    def place_key(self, path: Path, spot: Spot) -> None:
        self._keys[path] = spot

    def spot(self, path: Path) -> Spot | None:
        """Where a value is written; None where the file does not say it."""
        return self._spots.get(path)

    def nearest(self, path: Path) -> Spot:
        """Where a key is written, or where it would have to stand."""
        return self._nearest(path, self._keys)

    def misread(self, path: Path, message: str) -> None:
        """The value is not of its type; what stands in for it is nobody's fault."""
        self.fault(path, message)
        self._unread.add(path)

    def fault(self, path: Path, message: str, cause: tuple[str, ...] = ()) -> None:
        """Something is wrong with the value at this path. Of one cause, only the first is told."""
        if path not in self._unread:
            self._add(path, message, self._nearest(path, self._spots), cause)

    def key_fault(self, path: Path, message: str, cause: tuple[str, ...] = ()) -> None:
        """Something is wrong with the key that names this path."""
        self._add(path, message, self._nearest(path, self._keys), cause)

    def unknown(self, path: Path, what: str, name: str, known: Iterable[str]) -> None:
        words = list(known)
        hint = suggest(name, words) if words else f"; there is no {what} yet: declare it first"
        self.fault(path, f"unknown {what} `{name}`{hint}")

    def unknown_key(self, path: Path, what: str, name: str, known: Iterable[str]) -> None:
        self.key_fault(path, f"unknown {what} `{name}`{suggest(name, known)}")

    @property
    def faults(self) -> list[Fault]:
        """In the order of the files, and in each from its top."""
        place = {name: i for i, name in enumerate(self.files)}
        found = dict(self._faults)
        for first, *more in map(list, self._causes.values()):
            if more:
                fault = self._faults[first]
                said = f"{fault.message} (and {len(more)} more of the same cause)"
                found[first] = Fault(fault.spot, said, fault.path)
        return sorted(
            found.values(),
            key=lambda f: (place.get(f.spot.file, 0), f.spot.line, f.spot.column, f.message),
        )

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

    def _add(self, path: Path, message: str, spot: Spot, cause: tuple[str, ...] = ()) -> None:
        seen = self._causes.setdefault(cause, {}) if cause else {}
        seen[spot, message] = None
        if len(seen) == 1:
            dotted = ".".join(str(part) for part in path)
            self._faults.setdefault((spot, message), Fault(spot, message, dotted))

    def _nearest(self, path: Path, first: dict[Path, Spot]) -> Spot:
        # What is not written in the file is shown where it would have to stand: in its parent.
        while path:
            for spots in (first, self._keys, self._spots):
                if path in spots:
                    return spots[path]
            path = path[:-1]
        return self._spots.get((), Spot(1, 1, self.file))


def suggest(name: str, known: Iterable[str]) -> str:
    """` ; did you mean …`, or the few words there are to choose from, or nothing."""
    words = list(known)
    if meant := near(name, words):
        return f"; did you mean `{meant}`?"
    if 0 < len(words) <= 8:
        return f"; there is {', '.join(f'`{word}`' for word in words)}"
    return ""


def near(name: str, known: Iterable[str]) -> str:
    """The one that was meant, as far as can be told."""
    words = list(known)
    short = naming.short_environment(name)
    if meant := [word for word in words if naming.short_environment(word) == short]:
        return meant[0]
    folded = {word.casefold(): word for word in reversed(words)}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else ""
