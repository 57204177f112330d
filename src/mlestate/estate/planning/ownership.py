"""Whose a thing is: what the applied files of an estate name is the estate's, and nothing else.

Pure: worked out from the texts of the record, less what they were refused. What people make by
hand is theirs, and stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from ...core.bundle import Bundle
from ...core.errors import PlatformError
from ..bundles import load_bundle
from ..compile import compile_estate
from ..desired import Desired, Document
from ..spec import Estate
from .record import Record

Compiled = tuple[Estate, Sequence[Desired]]


class Owned(msgspec.Struct, frozen=True):
    """`things` by id in lower case, and what each file `said` of them; `foreign` is named by a
    file that did not make it. `before` is the estate that was applied last, if it is known.
    `trouble` says why an earlier file cannot be read; then nothing of it is known to be owned."""

    things: dict[str, Desired] = {}
    said: dict[str, list[Document]] = {}
    foreign: frozenset[str] = frozenset()
    before: Estate | None = None
    trouble: str = ""


def owned(record: Record | None, files: Bundle, compiled: Compiled) -> Owned:
    """`compiled` is what the `files` come to: they are not worked out a second time."""
    return _owned(record, {files.digest: compiled}) if record else Owned()


def of_record(record: Record, today: date = date.min) -> Owned:
    """Less the guests whose last day is before `today`."""
    return _owned(record, {}, today)


def _owned(record: Record, known: dict[str, Compiled], today: date = date.min) -> Owned:
    left = _by_id(record.left)
    things = dict(left)
    said: dict[str, list[Document]] = {}
    before, trouble = None, ""
    for texts in (record.before, record.files):
        if texts is None:
            continue
        try:
            estate, desired = known.get(texts.digest) or _compile(texts, today)
        except PlatformError as error:
            trouble = f"{error}"
            continue
        before = before or estate
        made = {key: each for key, each in _by_id(desired).items() if key not in record.foreign}
        things |= made
        for key, each in made.items():
            said.setdefault(key, []).append(each.body)
    return Owned(_as_left(things, left), said, record.foreign, before, trouble)


def _as_left(things: dict[str, Desired], left: dict[str, Desired]) -> dict[str, Desired]:
    """What was left behind is for what it was said to be for then: see `moves.relocated`."""
    return things | {
        key: msgspec.structs.replace(things[key], key=each.key)
        for key, each in left.items()
        if each.key
    }


def _compile(texts: Bundle, today: date) -> Compiled:
    estate = load_bundle(texts, "the file that was applied last")
    return estate, compile_estate(estate, today)


def _by_id(desired: Iterable[Desired]) -> dict[str, Desired]:
    return {each.id.lower(): each for each in desired}
