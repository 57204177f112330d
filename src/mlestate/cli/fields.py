"""What differs in a thing, in lines: down to the leaves, and lists as what comes and what goes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from ..core.rights import EVERYONE
from ..core.role_ids import guid
from ..estate.desired import Document, Json
from ..estate.planning.compare import Difference, same

# Of a long value, and of what both sides of a difference begin with.
_LONGEST, _SHARED = 60, 12
_EVERYONE = {EVERYONE: "everyone"}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
Names = Mapping[str, str]
Side = Literal["before", "after"]


def lines(one: Difference, names: Names, stated: Side = "after") -> Iterator[str]:
    """`names` are those of object ids and roles, in lower case. `stated` is the side that a file
    says: what the other has beside it is the server's, and no difference."""
    found = list(_leaves(one, {**_EVERYONE, **names}, stated))
    yield from found or [_changed(one, names)]


def _leaves(one: Difference, names: Names, stated: Side) -> Iterator[str]:
    if _is_list(one.before) or _is_list(one.after):
        yield from _list(one, names, stated)
    elif isinstance(one.before, Mapping) or isinstance(one.after, Mapping):
        before, after = _mapping(one.before), _mapping(one.after)
        said = before if stated == "before" else after
        for key in said or before or after:
            inner = Difference(f"{one.path}.{key}", before.get(key), after.get(key))
            yield from _leaves(inner, names, stated)
    elif not same(one.after, one.before, one.path):
        yield _changed(one, names)


def _list(one: Difference, names: Names, stated: Side) -> Iterator[str]:
    """Its order says nothing. What only one side has is looked into, unless it is one word."""
    before, after = _items(one.before), _items(one.after)
    gone, come = _without(before, after, one.path), _without(after, before, one.path)
    words = [f"  - {_word(each, names)}" for each in gone if _is_word(each)]
    words += [f"  + {_word(each, names)}" for each in come if _is_word(each)]
    yield from [f"{one.path}:", *words] if words else []
    for name, old, new in _pairs(gone, come):
        inner = f"{one.path}.{name}" if name else one.path
        yield from _leaves(Difference(inner, old, new), names, stated)


def _without(some: Sequence[Json], others: Sequence[Json], path: str) -> list[Json]:
    return [
        one for one in some if not any(same(one, o, path) or same(o, one, path) for o in others)
    ]


def _pairs(gone: list[Json], come: list[Json]) -> Iterator[tuple[str, Json, Json]]:
    """What is another and has the same id; or, without one, is the only one on each side."""
    rest = [[each for each in some if not _is_word(each)] for some in (gone, come)]
    for id in dict.fromkeys(_id(each) for some in rest for each in some):
        old, new = ([each for each in some if _id(each) == id] for some in rest)
        if max(len(old), len(new)) == 1:
            yield id, (old or [None])[0], (new or [None])[0]
            continue
        yield from ((id, each, None) for each in old)
        yield from ((id, None, each) for each in new)


def _is_word(item: Json) -> bool:
    """Or somebody, of whom nothing else is said but what they are."""
    return not isinstance(item, Mapping | list | tuple) or bool(_GUID.fullmatch(_id(item)))


def _word(item: Json, names: Names) -> str:
    value = _id(item) if isinstance(item, Mapping) else item
    return _named(value, names) or (value if isinstance(value, str) else _json(value))


def _changed(one: Difference, names: Names) -> str:
    sides = (_named(side, names) or _json(side) for side in (one.before, one.after))
    before, after = _apart(*sides)
    return f"{one.path}: {_cut(before)} -> {_cut(after)}"


def _named(value: Json, names: Names) -> str:
    """What an object id or a role is called; empty for all else."""
    known = names.get(guid(value)) if isinstance(value, str) else None
    return f"`{known}`" if known else ""


def _id(item: Json) -> str:
    return str(item.get("id") or "") if isinstance(item, Mapping) else ""


def _is_list(value: Json) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _items(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list | tuple) else ()


def _mapping(value: Json) -> Document:
    return value if isinstance(value, Mapping) else {}


def _json(value: Json) -> str:
    if value is None:
        return "(nothing)"
    return json.dumps(value, ensure_ascii=False, default=list)


def _apart(before: str, after: str) -> tuple[str, str]:
    """Where only what would be cut off differs, both without most of what they begin with."""
    pairs = enumerate(zip(before, after, strict=False))
    same = next((i for i, (a, b) in pairs if a != b), 0) - _SHARED
    if max(len(before), len(after)) <= _LONGEST or same <= 0:
        return before, after
    return f"…{before[same:]}", f"…{after[same:]}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
