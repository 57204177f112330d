"""A write or a deletion that is only thought of, and how its body is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from ..errors import Invalid

Body = Mapping[str, Any]
T = TypeVar("T")


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A resource as it would be written; without a body it would be deleted."""

    id: str
    body: Body | None = None

    @property
    def key(self) -> str:
        return self.id.rstrip("/").lower()

    @property
    def properties(self) -> Body:
        return mapping((self.body or {}).get("properties"))


def deleted(changes: Iterable[Change]) -> frozenset[str]:
    return frozenset(each.key for each in changes if each.body is None)


def gone(id: str, deleted: Collection[str]) -> bool:
    """It, or what it stands on."""
    key = id.lower()
    return key in deleted or any(
        key[:i] in deleted for i, letter in enumerate(key) if letter == "/"
    )


def written(changes: Iterable[Change], type: str) -> Iterator[tuple[Change, str]]:
    """The writes of a type, which sits on other resources; each with the scope that it sits on, as
    it is written there."""
    mark = f"/providers/{type.lower()}/"
    for each in changes:
        scope, found, name = each.key.rpartition(mark)
        if found and "/" not in name and each.body is not None:
            yield each, each.id[: len(scope)]


def read(said: Any, into: type[T], change: Change, what: str) -> T:
    """Raises Invalid for what is none of its kind."""
    try:
        return msgspec.convert(said, into)
    except msgspec.ValidationError as error:
        raise Invalid(f"the {what} of `{change.id[:200]}`: {error}", target=what) from None


def mapping(value: Any) -> Body:
    return value if isinstance(value, Mapping) else {}


def without_nulls(value: Any) -> Any:
    """What is null is not said."""
    if isinstance(value, Mapping):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list | tuple) else value
