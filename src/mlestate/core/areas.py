"""Where something is allowed: whole branches of the tree of scopes, less some of their twigs.

Scopes are compared by their keys: ids in lower case without a trailing slash, the root is empty.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

import msgspec

MANAGEMENT_GROUPS = "/providers/microsoft.management/managementgroups/"
_MANAGEMENT_GROUP = re.compile(rf"{re.escape(MANAGEMENT_GROUPS)}[^/]+")
# There is one management group, and every subscription is in it. No id is this key, and the walk
# from any subscription up to the root comes by.
SUBSCRIPTIONS = "/subscriptions"


class Area(msgspec.Struct, frozen=True):
    """All that is under `given`, less what is under `taken`, less the single scopes `hidden`."""

    given: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()

    def has(self, key: str) -> bool:
        return self.reaches(key) and key not in self.hidden

    def reaches(self, key: str) -> bool:
        """Whether it is allowed below the scope, whatever is taken further down."""
        if self.given.isdisjoint(ancestors(key)):
            return False
        return not self.taken or self.taken.isdisjoint(ancestors(key))

    def meets(self, key: str) -> bool:
        """Whether it is allowed anywhere at the scope or below it, single scopes aside."""
        if self.reaches(key):
            return True
        inside = (each for each in self.given if within(each, key))
        return any(map(self.reaches, inside))

    def bars(self, key: str) -> bool:
        """Whether it is denied there, whatever is given."""
        return key in self.hidden or not self.taken.isdisjoint(ancestors(key))

    def branches(self) -> list[str]:
        """Those given of which something is left."""
        return sorted(key for key in self.given if self.taken.isdisjoint(ancestors(key)))


NOWHERE = Area()


def key_of(scope: str) -> str:
    return scope.rstrip("/").lower()


def keys_of(scope: str) -> tuple[str, ...]:
    """The keys that something given at a scope is found under: a management group has two."""
    key = key_of(scope)
    return (key, SUBSCRIPTIONS) if is_management_group(key) else (key,)


def is_management_group(key: str) -> bool:
    return key.startswith(MANAGEMENT_GROUPS) and bool(_MANAGEMENT_GROUP.fullmatch(key))


def ancestors(key: str) -> Iterator[str]:
    """The scope itself, then every scope above it, up to the root (the empty string)."""
    while key:
        yield key
        # `/providers/ns` and an odd segment are no scopes of their own, and cost nothing to skip.
        key = key.rpartition("/")[0]
    yield ""


def within(key: str, above: str) -> bool:
    """Whether it lies below the other, which is not itself."""
    return key.startswith(f"{above}/")


def outermost(keys: Iterable[str]) -> list[str]:
    """Without those that lie inside another: no row is then counted twice."""
    found = set(keys)
    return sorted(key for key in found if not _has_any_above(key, found))


def _has_any_above(key: str, found: Collection[str]) -> bool:
    above = ancestors(key)
    next(above)
    return bool(key) and any(each in found for each in above)
