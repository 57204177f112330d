"""What is asked of a search, read from the words of a request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from .. import numbers
from ..errors import Invalid
from .compare import fold
from .fields import FIELDS, NO_FACETS, ORDERED_BY, find, near
from .parse import parse
from .token import After
from .tree import ANYTHING, Test, Tree, both

Shown = Literal["active", "archived", "all"]
# Azure's words, as its lists take them.
SHOWN: Mapping[str, Shown] = {"activeonly": "active", "archivedonly": "archived", "all": "all"}
LARGEST_PAGE = 1000
PAGE = 100
MOST_FACETS = 20
MOST_WORDS = 16


class Order(msgspec.Struct, frozen=True):
    field: str = "created"
    descending: bool = True

    def __str__(self) -> str:
        return f"{self.field} {'desc' if self.descending else 'asc'}"


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """`facets` are fields, such as `kind` and `tags.stage`; `words` are in lower case. Of `shown`
    nothing is said where the filter speaks of `archived` itself."""

    tree: Tree = ANYTHING
    words: tuple[str, ...] = ()
    order: Order = Order()
    facets: tuple[str, ...] = ()
    shown: Shown = "active"
    limit: int = PAGE
    after: After | None = None
    count: bool = False


def words(text: str) -> tuple[str, ...]:
    """Each must be found somewhere in a thing's name, description or tags."""
    found = tuple(dict.fromkeys(fold(text).replace("\0", "").split()))
    if len(found) > MOST_WORDS:
        raise Invalid(f"`words` has {len(found)} words: at most {MOST_WORDS}", target="words")
    return found


def order(text: str) -> Order:
    """`created desc`, `-created`, `name`; the newest first where nothing is said."""
    if not text.strip():
        return Order()
    match = re.fullmatch(r"\s*(-?)\s*(\w+)(?:\s+(asc|desc))?\s*", text, re.I)
    field = find(match[2]) if match else None
    if match is None or field is None or field.name not in ORDERED_BY:
        raise Invalid(
            f"`{text[:80]}` is no order{near(match[2] if match else text, ORDERED_BY)}; "
            "with `-` before it or ` desc` behind it, the other way round",
            target="orderBy",
        )
    return Order(field.name, match[1] == "-" or (match[3] or "").lower() == "desc")


def facets(names: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(_facet(name.strip()) for name in names if name.strip()))
    if len(found) > MOST_FACETS:
        raise Invalid(f"{len(found)} facets are asked for: at most {MOST_FACETS}", target="facets")
    return found


def _facet(text: str) -> str:
    head, _, key = text.partition(".")
    field = find(head)
    if field is None or field.name in NO_FACETS:
        known = [name for name in FIELDS if name not in NO_FACETS]
        raise Invalid(f"`{text[:80]}` is no facet{near(head, known)}", target="facets")
    if field.is_map != bool(key):
        example = f"{field.name}.stage" if field.is_map else field.name
        raise Invalid(f"`{text[:80]}` is no facet: write `{example}`", target="facets")
    return f"{field.name}.{key}" if key else field.name


def shown(text: str) -> Shown:
    plain = text.rpartition(".")[2].replace("_", "").lower()
    if plain not in SHOWN:
        known = "ActiveOnly, ArchivedOnly, All"
        raise Invalid(f"`listViewType` is `{text[:80]}`; it may be {known}", target="listViewType")
    return SHOWN[plain]


def top(text: str) -> int:
    found = numbers.whole(text, 1)
    if found is None:
        raise Invalid(f"`$top` is `{text[:80]}`: a whole number above 0", target="$top")
    return min(found, LARGEST_PAGE)


def narrowed(filter: str, now: float, kinds: str = "", workspace: str = "") -> Tree:
    """The filter, and what has parameters of its own: a list of kinds, a workspace's name or id."""
    tree = parse(filter, now)
    if wanted := tuple(kind.strip() for kind in kinds.split(",") if kind.strip()):
        tree = both(tree, Test("kind", "IN", wanted))
    if workspace:
        tree = both(tree, Test("workspace", "=", workspace.rstrip("/")))
    return tree
