"""Keeping an estate as its files say: whenever they change, and every so often anyhow."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ...core.bundle import Bundle
from ...core.errors import PlatformError

# How often the files are looked at, in seconds.
GLANCE = 1.0


class Round(msgspec.Struct, frozen=True):
    """`fault` is why nothing, or not all, was done; `digest` names the texts that were applied."""

    digest: str
    written: int = 0
    deleted: int = 0
    kept: int = 0
    unchanged: int = 0
    failed: int = 0
    fault: str = ""


class Watch:
    """`read` gives the texts, `reconcile` makes them real; both may raise `PlatformError`.

    `pause` waits for some seconds, and is false once it is time to end.
    """

    def __init__(
        self,
        read: Callable[[], Bundle],
        reconcile: Callable[[Bundle], Round],
        tell: Callable[[Round], None],
        every: float,
        clock: Callable[[], float],
        pause: Callable[[float], bool],
    ):
        self._read, self._reconcile, self._tell = read, reconcile, tell
        self._every, self._clock, self._pause = every, clock, pause
        self._seen = ""
        self._due = clock()

    def run(self) -> None:
        while True:
            self._look()
            if not self._pause(min(GLANCE, self._every)):
                return

    def _look(self) -> None:
        files, fault = self._texts()
        # A fault is told again when it is another one, as a text is when it has changed.
        seen = files.digest if files else fault
        if seen == self._seen and self._clock() < self._due:
            return
        self._seen = seen
        self._tell(self._reconciled(files) if files else Round("", fault=fault))
        self._due = self._clock() + self._every

    def _texts(self) -> tuple[Bundle | None, str]:
        try:
            return self._read(), ""
        except PlatformError as error:
            return None, in_one_line(error)

    def _reconciled(self, files: Bundle) -> Round:
        try:
            return self._reconcile(files)
        except PlatformError as error:
            return Round(files.digest, fault=in_one_line(error))


def in_one_line(error: PlatformError) -> str:
    """The first of its faults, and how many more there are."""
    faults = [str(each) for each in error.details] or [str(error)]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{faults[0]}{more}"
