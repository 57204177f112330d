"""A filter as a tree of tests. What a thing does not have passes no test but `IS NULL`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from .fields import FIELDS

Value = str | float | bool | tuple[str, ...] | None


class Test(msgspec.Struct, frozen=True):
    """`key` is set where the field is a map. Times are seconds since the epoch."""

    __test__ = False  # or pytest would take it for one of its own

    field: str
    op: str
    value: Value = None
    key: str = ""

    @property
    def of_place(self) -> bool:
        return FIELDS[self.field].of_place


class Every(msgspec.Struct, frozen=True):
    parts: tuple[Tree, ...] = ()


class Some(msgspec.Struct, frozen=True):
    parts: tuple[Tree, ...] = ()


class Not(msgspec.Struct, frozen=True):
    part: Tree


Tree = Test | Every | Some | Not
ANYTHING = Every()


def tests(tree: Tree) -> Iterator[Test]:
    if isinstance(tree, Test):
        yield tree
    elif isinstance(tree, Not):
        yield from tests(tree.part)
    else:
        for part in tree.parts:
            yield from tests(part)


def both(*trees: Tree) -> Tree:
    parts = tuple(tree for tree in trees if tree != ANYTHING)
    return parts[0] if len(parts) == 1 else Every(parts)


def verdict(tree: Tree, passes: Callable[[Test], bool | None]) -> bool | None:
    """What the tree comes to, given what each test does; None where that hangs on tests of which
    nothing is known yet."""
    if isinstance(tree, Test):
        return passes(tree)
    if isinstance(tree, Not):
        inner = verdict(tree.part, passes)
        return None if inner is None else not inner
    settles = isinstance(tree, Some)  # one that passes settles it; in `Every`, one that does not
    found = [verdict(part, passes) for part in tree.parts]
    if settles in found:
        return settles
    return None if None in found else not settles
