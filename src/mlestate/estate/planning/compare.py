"""Does a document hold what was asked for? Fields that a server adds do not count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ...catalog.storage_address import plain
from ...core.role_ids import folded
from ..desired import Document, Json


class Difference(msgspec.Struct, frozen=True):
    path: str
    before: Json
    after: Json


def differences(desired: Document, actual: Document) -> Iterator[Difference]:
    """In the order of `desired`, one for each field that is not as asked."""
    yield from _mapping(desired, actual, "")


def _mapping(desired: Document, actual: Document, path: str) -> Iterator[Difference]:
    # Azure keeps the letters of a key, and compares keys of tags without their case.
    folded = {key.lower(): value for key, value in actual.items()}
    for key, value in desired.items():
        here = f"{path}.{key}" if path else key
        yield from _value(value, folded.get(key.lower()), here)


def _value(desired: Json, actual: Json, path: str) -> Iterator[Difference]:
    if isinstance(desired, Mapping):
        yield from _mapping(desired, actual if isinstance(actual, Mapping) else {}, path)
    elif not same(desired, actual, path):
        yield Difference(path, _plainly(actual, path), desired)


def forgotten(said: Document, desired: Document, actual: Document) -> Iterator[Difference]:
    """What was said before, is not said any more, and still is as it was said."""
    yield from _forgotten(said, desired, actual, "")


def same(desired: Json, actual: Json, path: str = "") -> bool:
    if isinstance(desired, str) and isinstance(actual, str):
        return desired == actual or _folded(desired, path) == _folded(actual, path)
    if isinstance(desired, Mapping) and isinstance(actual, Mapping):
        return not any(_mapping(desired, actual, path))
    if isinstance(desired, Sequence) and isinstance(actual, Sequence):
        return len(desired) == len(actual) and _paired(desired, actual, path)
    if actual is None and isinstance(desired, Sequence) and not desired:
        return True  # an empty list and none at all are the same
    # True is not 1.
    return type(desired) is type(actual) and desired == actual


def _forgotten(
    said: Document, desired: Document, actual: Document, path: str
) -> Iterator[Difference]:
    wanted = {key.lower(): value for key, value in desired.items()}
    there = {key.lower(): value for key, value in actual.items()}
    for key, value in said.items():
        here = f"{path}.{key}" if path else key
        now, found = wanted.get(key.lower()), there.get(key.lower())
        if isinstance(value, Mapping) and isinstance(found, Mapping):
            yield from _forgotten(value, now if isinstance(now, Mapping) else {}, found, here)
        elif now is None and found is not None and same(value, found, here):
            yield Difference(here, found, None)


def _plainly(value: Json, path: str) -> Json:
    """An account by its name: this machine's address before it is nothing that a file says."""
    named = isinstance(value, str) and path.endswith("accountName")
    return plain(str(value)) if named else value


def _items(value: Json) -> Sequence[Json]:
    return value if isinstance(value, Sequence) else ()


def _paired(desired: Sequence[Json], actual: Sequence[Json], path: str) -> bool:
    """Lists of Azure are sets in what is compiled here (members, actions, scopes)."""
    rest = list(actual)
    for each in desired:
        match = next((i for i, other in enumerate(rest) if same(each, other, path)), None)
        if match is None:
            return False
        del rest[match]
    return True


def _folded(text: str, path: str) -> str:
    """Ids, locations and object ids compare without case, roles by their GUIDs alone; `West Europe`
    is `westeurope`."""
    if path == "location":
        return text.replace(" ", "").lower()
    if path.endswith("accountName"):
        return plain(text)  # shown with the server's address where this machine is the server
    if text.startswith("/") or path.endswith(("Id", "members")):
        return folded(text)
    return text
