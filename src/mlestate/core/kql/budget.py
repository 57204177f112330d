"""What one query may take: rows, time, and text made on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..nesting import too_deep
from .fault import TooMuch
from .values import text

_EVERY = 256
LONGEST_TEXT = 1_000_000


class Budget:
    """`clock` gives seconds that only go forward. Raises TooMuch, with what would help."""

    def __init__(
        self,
        clock: Callable[[], float],
        seconds: float = 10.0,
        rows: int = 500_000,
        held: int = 200_000,
        letters: int = 64_000_000,
    ):
        self._clock, self._end, self._seconds = clock, clock() + seconds, seconds
        self._rows, self._held, self._letters = rows, held, letters
        self._most = rows, held
        self._ticks = 0

    def read(self, rows: Iterable[Any]) -> Iterator[Any]:
        """The same rows, each of which counts."""
        for row in rows:
            self.tick()
            yield row

    def tick(self) -> None:
        self._ticks += 1
        if self._ticks % _EVERY:
            return
        self._rows -= _EVERY
        if self._rows < 0:
            raise TooMuch(
                f"the query goes over more than {self._most[0]:,} rows: say which with `where`,"
                " such as `type =~ '…'`, before all else"
            )
        if self._clock() > self._end:
            raise TooMuch(
                f"the query took over {self._seconds:g} seconds: say which rows with `where`, such"
                " as `type =~ '…'`, before all else"
            )

    def hold(self) -> None:
        """One row or group more is kept until the end."""
        self.tick()
        self._held -= 1
        if self._held < 0:
            raise TooMuch(
                f"the query keeps more than {self._most[1]:,} rows at once to order, group or join"
                " them: choose fewer with `where` before it"
            )

    def made_of(self, value: Any) -> Any:
        """A text, or what is made of others and could grow from step to step without end."""
        self.made(text(value))
        if isinstance(value, list | dict) and too_deep(value):
            raise TooMuch("the query puts too many values into one another")
        return value

    def made(self, text: str) -> str:
        """A text that was made on the way."""
        self._letters -= len(text)
        if self._letters < 0 or len(text) > LONGEST_TEXT:
            raise TooMuch("the query makes too much text: choose fewer rows or shorter texts")
        return text
