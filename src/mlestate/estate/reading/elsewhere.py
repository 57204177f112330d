"""Where a key is right that is unknown where it was written: the same word, in another layer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from ..spec import Estate
from .source import Path

# Whatever the file calls what stands there.
_ANY = ""


def elsewhere(key: str, path: Path) -> str:
    """Of all places of an estate file that take the key, the one that is nearest to a path."""
    near = [place for place in _places().get(key, ()) if not _same(place, path)]
    if not near:
        return ""
    best = min(near, key=lambda place: (-_shared(place, path), len(place)))
    return ".".join(_names(best, path))


@cache
def _places() -> dict[str, tuple[tuple[str, ...], ...]]:
    """By key, all mappings that take it; a name that is the file's own is empty."""
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for place, key in _walk(Estate, ()):
        if place:
            found[key] = (*found.get(key, ()), place)
    return found


def _walk(want: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for field in msgspec.structs.fields(want):
        yield place, field.encode_name
        inner, deeper = _inside(get_type_hints(want)[field.name])
        if inner is not None:
            yield from _walk(inner, (*place, field.encode_name, *deeper))


def _inside(want: Any) -> tuple[Any, tuple[str, ...]]:
    """The struct that a value is, or that the values of a mapping are."""
    choices = [each for each in get_args(want) if each is not NoneType]
    if get_origin(want) is dict:
        return _struct(choices[1]), (_ANY,)
    if get_origin(want) is not None or len(choices) == 1:
        return _struct(choices[0]) if len(choices) == 1 else None, ()
    return _struct(want), ()


def _struct(want: Any) -> Any:
    return want if isinstance(want, type) and issubclass(want, msgspec.Struct) else None


def _same(place: tuple[str, ...], path: Path) -> bool:
    return len(place) == len(path) and _shared(place, path) == len(path)


def _shared(place: tuple[str, ...], path: Path) -> int:
    """How many steps the two go together."""
    for i, (one, other) in enumerate(zip(place, path, strict=False)):
        if one not in (_ANY, other):
            return i
    return min(len(place), len(path))


def _names(place: tuple[str, ...], path: Path) -> Iterator[str]:
    """With the names of the path as far as it goes the same way, and then with words for them."""
    together = _shared(place, path)
    for i, part in enumerate(place):
        if part:
            yield part
        elif i < together:
            yield str(path[i])
        else:
            yield _WORDS.get(place[i - 1], "NAME")


_WORDS = {"environments": "ENVIRONMENT", "overrides": "ENVIRONMENT"}
