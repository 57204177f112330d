"""Files are applied when they change and every so often; nothing but being told to ends it."""

from __future__ import annotations

from collections.abc import Callable

from mlestate.core.bundle import Bundle
from mlestate.core.errors import Conflict, Invalid, PlatformError
from mlestate.estate.applying.watch import Round, Watch

EVERY = 30.0


class Folder:
    """A folder over time: `happens` maps a second to what is done then."""

    def __init__(self, until: int, happens: dict[int, Callable[[], None]] | None = None):
        self.now, self._until, self._happens = 0.0, until, happens or {}
        self.text: str | PlatformError = "one"
        self.refusal: PlatformError | None = None
        self.applied: list[tuple[float, str]] = []
        self.told: list[Round] = []

    def read(self) -> Bundle:
        if isinstance(self.text, PlatformError):
            raise self.text
        return Bundle(self.text)

    def reconcile(self, files: Bundle) -> Round:
        if self.refusal:
            raise self.refusal
        self.applied.append((self.now, files.main))
        return Round(files.digest, written=1)

    def pause(self, seconds: float) -> bool:
        self.now += seconds
        if change := self._happens.get(round(self.now)):
            change()
        return self.now < self._until

    def watch(self) -> Folder:
        Watch(
            self.read, self.reconcile, self.told.append, EVERY, lambda: self.now, self.pause
        ).run()
        return self


def test_it_applies_at_once_and_then_every_so_often():
    assert Folder(70).watch().applied == [(0, "one"), (30, "one"), (60, "one")]


def test_a_change_is_applied_at_the_next_glance():
    folder = Folder(20)
    folder._happens = {7: lambda: setattr(folder, "text", "two")}
    assert folder.watch().applied == [(0, "one"), (7, "two")]


def test_a_fault_is_told_once_in_a_while_and_does_not_end_it():
    folder = Folder(50)
    folder.text = Invalid("2 faults", details=(Invalid("a:1:1: wrong"), Invalid("a:2:1: wrong")))
    folder._happens = {40: lambda: setattr(folder, "text", "mended")}
    folder.watch()
    assert [each.fault for each in folder.told] == ["a:1:1: wrong (and 1 more)"] * 2 + [""]
    assert folder.applied == [(40, "mended")]


def test_a_refusal_is_told_and_tried_again_later():
    folder = Folder(40)
    folder.refusal = Conflict("`eve` applies this estate")
    folder._happens = {20: lambda: setattr(folder, "refusal", None)}
    folder.watch()
    assert [each.fault for each in folder.told] == ["`eve` applies this estate", ""]
    assert folder.applied == [(30, "one")]
