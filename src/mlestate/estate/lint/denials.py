"""Denials that a newer file takes away, or that reach less far than they did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..reading.source import Path
from ..spec import Denial
from .finding import Hit
from .subject import Subject

_EVERYONE = "everyone"


def weaker_denials(old: Subject, new: Subject) -> Iterator[Hit]:
    """Known again by their names."""
    now = new.estate.denials
    for name, was in old.estate.denials.items():
        if name not in now:
            yield Hit(_nearest(new), f"denial `{name}` at `{was.at}` is gone")
            continue
        for field, text in _weaker(was, now[name]):
            path: Path = ("denials", name, field) if field else ("denials", name)
            yield Hit(path, f"denial `{name}` {text}")


def _weaker(was: Denial, now: Denial) -> Iterator[tuple[str, str]]:
    if now.at != was.at:
        yield "at", f"is at `{now.at}`, no longer at `{was.at}`"
    if was.below and not now.below:
        yield "below", f"no longer holds below `{now.at}`"
    for field, before, after in (
        ("actions", was.actions, now.actions),
        ("dataActions", was.data_actions, now.data_actions),
    ):
        if gone := _lost(before, after):
            yield field if after else "", f"no longer takes {_listed(gone)}"
    for field, before, after in (
        ("notActions", was.not_actions, now.not_actions),
        ("notDataActions", was.not_data_actions, now.not_data_actions),
    ):
        if more := _lost(after, before):
            yield field, f"comes to except {_listed(more)}"
    if now.to and (gone := _lost(was.to or (_EVERYONE,), now.to)):
        yield "to", f"is no longer about {_listed(gone)}"
    if more := _lost(now.except_, was.except_):
        yield "except", f"comes to leave out {_listed(more)}"


def _lost(before: Iterable[str], after: Iterable[str]) -> list[str]:
    kept = {each.casefold() for each in after}
    return [] if "*" in kept else [each for each in before if each.casefold() not in kept]


def _listed(some: Iterable[str]) -> str:
    return ", ".join(each if each == _EVERYONE else f"`{each}`" for each in some)


def _nearest(new: Subject) -> Path:
    return ("denials",) if new.estate.denials else ()
