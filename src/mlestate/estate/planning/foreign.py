"""What a directory elsewhere owns: a file may name it, and changes nothing of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ...core.errors import Invalid
from ...core.provisioned import SOURCES, Source
from ..desired import Document
from ..reading.source import Source as Text
from ..spec import Estate
from .plan import Step

_WORDS = {"mlestate/users": "person", "mlestate/groups": "group"}
_FEW = 5


def hold(steps: Sequence[Step], estate: Estate, source: Text) -> None:
    """Raises Invalid where the file says who is in a group of the directory, or makes a guest of
    somebody of it: that would be a second owner."""
    faults = [fault for step in steps if step.owner for fault in _faults(step, estate, source)]
    if faults:
        details = tuple(Invalid(fault, code="OwnedByDirectory") for fault in faults)
        raise Invalid("; ".join(faults), code="OwnedByDirectory", details=details)


def notes(steps: Sequence[Step]) -> Iterator[str]:
    """Who owns what the file names and does not own, a line for each owner."""
    for owner in dict.fromkeys(step.owner for step in steps if step.owner):
        theirs = [step for step in steps if step.owner == owner]
        names = [f"`{_name(step)}`" for step in theirs]
        more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
        counted = " and ".join(_counted(theirs, type) for type in _WORDS if _of(theirs, type))
        yield (
            f"{counted} of the file are owned by {_shown(owner)}, and stay as they are there: "
            f"{', '.join(names[:_FEW])}{more}"
        )


def _faults(step: Step, estate: Estate, source: Text) -> Iterator[str]:
    name, owner = _name(step), _shown(step.owner)
    for reason in step.reasons:
        if reason.path != "members":
            yield f"`{name}` is owned by {owner} and cannot be a guest of the file: name another"
            continue
        for person in _members(step.desired.body):
            spot = source.spot(("people", person, "groups")) if person in estate.people else ""
            where = f"{spot}: " if spot else ""
            yield (
                f"{where}who is in group `{name}` is said by {owner}: take `{name}` out of the "
                f"groups of `{person}`, or put them into it there"
            )


def _members(body: Document) -> list[str]:
    found = body.get("members")
    return [str(each) for each in found] if isinstance(found, Sequence) else []


def _shown(owner: str) -> str:
    return SOURCES[msgspec.convert(owner, Source)] if owner in SOURCES else f"`{owner}`"


def _counted(steps: Sequence[Step], type: str) -> str:
    count, word = len(_of(steps, type)), _WORDS[type]
    return (
        f"{count} {word}"
        if count == 1
        else f"{count} {word.replace('person', 'people')}" + ("s" if word == "group" else "")
    )


def _of(steps: Sequence[Step], type: str) -> list[Step]:
    return [step for step in steps if step.desired.type == type]


def _name(step: Step) -> str:
    return step.desired.id.rsplit("/", 1)[-1]
