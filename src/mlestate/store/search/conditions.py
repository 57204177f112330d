"""A tree of tests as SQL over the index. Its meaning is `core.finding.compare`'s."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from ...core.finding.compare import fold
from ...core.finding.entry import LONGEST_LABEL
from ...core.finding.fields import FIELDS
from ...core.finding.places import Place, place_passes
from ...core.finding.tree import Every, Not, Test, Tree, Value

TRUE, FALSE = "1 = 1", "1 = 0"
_LETTERS = {
    "kind": "kind",
    "status": "status",
    "type": "type",
    "createdBy": "author",
    "modifiedBy": "editor",
}
_FLAGS = {"archived": "s.archived % 2", "latest": "s.latest"}
# Where runs are kept: a table, and the column of its numbers or words.
_LOGGED = {"params": "param", "metrics": "latest"}


class Sql(NamedTuple):
    text: str
    args: tuple[object, ...] = ()


class Scene(msgspec.Struct, frozen=True):
    """Where a tree is asked: which places there are, and whether runs' own tables are beside."""

    is_sqlite: bool
    places: Mapping[int, Place]
    has_runs: bool = False


def condition(tree: Tree, scene: Scene) -> Sql:
    if isinstance(tree, Test):
        return _test(tree, scene)
    if isinstance(tree, Not):
        inner = condition(tree.part, scene)
        return Sql(f"NOT ({inner.text})", inner.args)
    if not tree.parts:
        return Sql(TRUE if isinstance(tree, Every) else FALSE)
    word = " AND " if isinstance(tree, Every) else " OR "
    return joined(word, [condition(part, scene) for part in tree.parts])


def joined(word: str, parts: Sequence[Sql]) -> Sql:
    text = word.join(f"({part.text})" for part in parts)
    return Sql(text, tuple(arg for part in parts for arg in part.args))


def among(column: str, numbers: Sequence[int]) -> str:
    """Numbers are written into the SQL itself: they are ours, and may be thousands."""
    if not numbers:
        return FALSE
    if len(numbers) == 1:
        return f"{column} = {int(numbers[0])}"
    return f"{column} IN ({','.join(str(int(number)) for number in numbers)})"


def holding(words: Sequence[str], scene: Scene) -> Sql:
    """Each word stands somewhere in the text."""
    one = "instr(s.text, ?) > 0" if scene.is_sqlite else "strpos(s.text, ?) > 0"
    return Sql(" AND ".join([one] * len(words)) or TRUE, tuple(words))


def _test(test: Test, scene: Scene) -> Sql:
    field = FIELDS[test.field]
    if field.of_place:
        passing = [n for n, place in scene.places.items() if place_passes(test, place)]
        return Sql(TRUE if len(passing) == len(scene.places) else among("s.place", passing))
    if test.field in _LETTERS:
        named = compare("l.text", test, scene, field.folded)
        text = f"SELECT l.id FROM search_letters l WHERE l.facet = ? AND {named.text}"
        return Sql(f"s.{_LETTERS[test.field]} IN ({text})", (test.field, *named.args))
    if test.field in _FLAGS:
        wanted = bool(test.value) == (test.op == "=")
        return Sql(f"{_FLAGS[test.field]} = {int(wanted)}")
    if field.is_map:
        return _MAPS[test.field](test, scene)
    return compare(f"s.{test.field}", test, scene)


def _tagged(test: Test, scene: Scene) -> Sql:
    if test.op in ("IS NULL", "IS NOT NULL"):
        no = "NOT " if test.op == "IS NULL" else ""
        text = "SELECT t.tag_set FROM search_tags t WHERE t.key = ?"
        return Sql(f"s.tag_set {no}IN ({text})", (test.key[:LONGEST_LABEL],))
    named = compare("t.value", msgspec.structs.replace(test, value=_head(test.value)), scene)
    text = f"SELECT t.tag_set FROM search_tags t WHERE t.key = ? AND {named.text}"
    return Sql(f"s.tag_set IN ({text})", (test.key[:LONGEST_LABEL], *named.args))


def _head(value: Value) -> Value:
    """Tags are found by their beginnings."""
    if isinstance(value, tuple):
        return tuple(str(one)[:LONGEST_LABEL] for one in value)
    return str(value)[:LONGEST_LABEL]


def _logged(test: Test, scene: Scene) -> Sql:
    """A param or the last value of a metric. NaN is kept as NULL, and differs from any number."""
    if not scene.has_runs:
        return Sql(TRUE if test.op == "IS NULL" else FALSE)
    start = (
        f"SELECT 1 FROM {_LOGGED[test.field]} o WHERE o.run = s.number "
        "AND o.key = (SELECT id FROM key WHERE name = ?)"
    )
    if test.op in ("IS NULL", "IS NOT NULL"):
        no = "NOT " if test.op == "IS NULL" else ""
        return Sql(
            f"s.number > 0 AND EXISTS ({start})" if not no else f"NOT EXISTS ({start})", (test.key,)
        )
    named = compare("o.value", test, scene)
    nan = " OR o.value IS NULL" if test.field == "metrics" and test.op == "!=" else ""
    return Sql(
        f"s.number > 0 AND EXISTS ({start} AND ({named.text}{nan}))", (test.key, *named.args)
    )


_MAPS: Mapping[str, Callable[[Test, Scene], Sql]] = {
    "tags": _tagged,
    "params": _logged,
    "metrics": _logged,
}


def compare(column: str, test: Test, scene: Scene, folded: bool = False) -> Sql:
    op, value = test.op, test.value
    if folded or op == "ILIKE":
        column = f"lower({column})"
        value = tuple(map(fold, value)) if isinstance(value, tuple) else _folded(value)
    if op in ("IN", "NOT IN"):
        assert isinstance(value, tuple)
        return Sql(f"{column} {op} ({','.join('?' * len(value))})", value)
    if op.endswith("LIKE"):
        no = "NOT " if op.startswith("NOT") else ""
        if scene.is_sqlite:
            return Sql(f"{column} {no}GLOB ?", (_glob(str(value)),))
        return Sql(f"{column} {no}LIKE ?", (value,))
    return Sql(f"{column} {op} ?", (value,))


def _folded(value: Value) -> Value:
    return fold(value) if isinstance(value, str) else value


def _glob(pattern: str) -> str:
    """SQLite's LIKE may or may not mind the case, by a setting; its GLOB does."""
    quoted = "".join(f"[{c}]" if c in "*?[" else c for c in pattern)
    return quoted.replace("%", "*").replace("_", "?")
