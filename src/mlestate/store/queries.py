"""What is asked of the table of resources, as values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ..core.resource import Resource


class Condition(msgspec.Struct, frozen=True):
    """What a row must have at a path of its document; an empty path is its name.

    One of the `values`, text compared without regard to case; with no values, anything at all.
    """

    path: tuple[str, ...]
    values: tuple[str | bool, ...] = ()

    def met(self, resource: Resource) -> bool:
        """By a resource in memory, as by its row."""
        found: Any = resource.document
        for step in self.path:
            found = found.get(step) if isinstance(found, dict) else None
        found = found if self.path else resource.name
        if not self.values:
            return found is not None
        return _folded(found) in {_folded(value) for value in self.values}


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which resources to list. `scopes` are lower-case keys; None means all that is under `under`.
    What is at or below one that is `taken` is left out, and what is `hidden` itself.

    With `places`, lower-case keys too, it is what is at or below one of them instead of `under`;
    `also` are keys of single ones, whatever the scopes; `only` those that are meant at all.

    `concerning` are object ids in lower case: rows that name one of them in `properties.parties`
    are listed wherever they are. `after` is the (order value, key) of the last row of the page
    before.
    """

    type: str
    under: str = ""
    scopes: Sequence[str] | None = None
    concerning: frozenset[str] = frozenset()
    taken: Sequence[str] = ()
    hidden: Sequence[str] = ()
    places: Sequence[str] | None = None
    also: Sequence[str] = ()
    only: Sequence[str] | None = None
    where: tuple[Condition, ...] = ()
    newest_first: bool = False
    after: tuple[float, str] | None = None
    limit: int = 100

    def met(self, resource: Resource) -> bool:
        """By a resource in memory, as by its row."""
        key = resource.id.key
        return (
            (key in self.also or self._concerned(resource) or self._placed(key))
            and (self.only is None or key in self.only)
            and all(each.met(resource) for each in self.where)
            and self._behind(resource)
        )

    def _concerned(self, resource: Resource) -> bool:
        named = self.concerning.intersection(resource.properties.get("parties") or ())
        return bool(named) and _at_or_below(resource.id.key, self.under)

    def _placed(self, key: str) -> bool:
        places = [self.under] if self.places is None else self.places
        return (
            _in_any(key, places)
            and (self.scopes is None or _in_any(key, self.scopes))
            and not _in_any(key, self.taken)
            and key not in self.hidden
        )

    def _behind(self, resource: Resource) -> bool:
        if self.after is None:
            return True
        if self.newest_first:
            return (resource.created.at, resource.id.key) < self.after
        return resource.id.key > self.after[1]


def _in_any(key: str, scopes: Sequence[str]) -> bool:
    return any(_at_or_below(key, scope) for scope in scopes)


def _at_or_below(key: str, scope: str) -> bool:
    return not scope or key == scope or key.startswith(f"{scope}/")


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
