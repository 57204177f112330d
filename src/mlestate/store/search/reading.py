"""What is found: pages of rows, and how many there are of each sort."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from ...core.finding.ask import Ask
from ...core.finding.fields import FIELDS
from ...core.finding.places import Place
from ...core.finding.tree import tests
from . import marks
from .conditions import TRUE, Scene, Sql, among, condition, holding, joined
from .session import Session

_FLAGS = {"archived": "archived % 2", "latest": "latest"}
_AT = "s.place = ? AND s.tail = ?"


class Allowed(msgspec.Struct, frozen=True):
    """What may be read of some kinds: all in these places, and in others what lies below a tail;
    less what lies below a tail that is `taken`, and what is `hidden` itself."""

    kinds: tuple[str, ...]
    places: frozenset[int]
    below: tuple[tuple[int, str], ...] = ()
    taken: tuple[tuple[int, str], ...] = ()
    hidden: tuple[tuple[int, str], ...] = ()


class Hit(msgspec.Struct, frozen=True):
    """`value` is what the rows are ordered by."""

    value: float | str
    place: int
    tail: str
    number: int
    latest: bool = True


class Found(msgspec.Struct, frozen=True):
    """At most one row more than the page has. `counts` are by facet and value; of what is said of
    places, by their numbers. `total` is None where nothing was to be counted."""

    hits: list[Hit]
    total: int | None = None
    counts: dict[str, dict[str | int, int]] = {}


def places(session: Session, region: str) -> list[Place]:
    rows = session.rows("SELECT id, key, spelled, guid, tags FROM search_places")
    return [
        Place(
            number=int(number),
            key=key,
            id=spelled,
            guid=guid,
            region=region,
            tags=msgspec.json.decode(tags),
        )
        for number, key, spelled, guid, tags in rows
    ]


def numbers(session: Session) -> dict[str, int]:
    """The places of a database that knows no more of them than their keys."""
    return {key: int(n) for key, n in session.rows("SELECT key, id FROM search_places")}


class Search(msgspec.Struct, frozen=True):
    """One question to one database, which has these `kinds`. `source` names it in the order of
    sources; `after_place` is the number of the place in which the page before ended."""

    ask: Ask
    scene: Scene
    allowed: Sequence[Allowed]
    kinds: Sequence[str]
    source: str
    after_place: int = 0


def find(session: Session, search: Search) -> Found:
    where = _where(search)
    hits = _page(session, search, where)
    ask = search.ask
    if not ask.facets and not ask.count:
        return Found(hits)
    joined_marks = _marks(session, where)
    counts = {facet: _counted(session, facet, joined_marks, where) for facet in ask.facets}
    return Found(hits, marks.total(joined_marks), counts)


def _where(search: Search) -> Sql:
    ask, scene = search.ask, search.scene
    parts = [_readable(search), condition(ask.tree, scene)]
    if ask.words:
        parts.append(holding(ask.words, scene))
    parts.append(Sql(_shown(ask)))
    return joined(" AND ", parts)


def _shown(ask: Ask) -> str:
    if any(test.field == "archived" for test in tests(ask.tree)) or ask.shown == "all":
        return "s.archived < 2"
    return f"s.archived = {int(ask.shown == 'archived')}"


def _readable(search: Search) -> Sql:
    """Where there is more than one rule, the places of all come first: they are how rows lie."""
    rules = search.allowed
    whole = frozenset(search.scene.places)
    reached = frozenset().union(*(_reached(rule) for rule in rules))
    start = Sql(TRUE if reached == whole else among("s.place", sorted(reached)))
    if len(rules) == 1 and _is_plain(rules[0]) and set(rules[0].kinds) >= set(search.kinds):
        return start
    return joined(" AND ", [start, joined(" OR ", [_rule(rule) for rule in rules])])


def _is_plain(rule: Allowed) -> bool:
    return not (rule.below or rule.taken or rule.hidden)


def _reached(rule: Allowed) -> frozenset[int]:
    return rule.places | {place for place, _ in rule.below}


def _rule(rule: Allowed) -> Sql:
    marks = ",".join("?" * len(rule.kinds))
    kinds = Sql(
        f"s.kind IN (SELECT id FROM search_letters WHERE facet = 'kind' AND text IN ({marks}))",
        rule.kinds,
    )
    inside = [Sql(among("s.place", sorted(rule.places))), *map(_below, rule.below)]
    outside = [*map(_below, rule.taken), *(Sql(_AT, one) for one in rule.hidden)]
    less = [Sql(f"NOT ({one.text})", one.args) for one in outside]
    return joined(" AND ", [kinds, joined(" OR ", inside), *less])


def _below(one: tuple[int, str]) -> Sql:
    place, tail = one
    return Sql(
        "s.place = ? AND (s.tail = ? OR (s.tail >= ? AND s.tail < ?))",
        (place, tail, tail + "/", tail + "0"),
    )


def _page(session: Session, search: Search, where: Sql) -> list[Hit]:
    order, after = search.ask.order, _after(search)
    way = "DESC" if order.descending else "ASC"
    rows = session.rows(
        f"SELECT s.{order.field}, s.place, s.tail, s.number, s.latest FROM search s "
        f"WHERE {where.text} AND {after.text} "
        f"ORDER BY s.{order.field} {way}, s.place, s.tail LIMIT ?",
        (*where.args, *after.args, search.ask.limit + 1),
    )
    return [
        Hit(value, place, tail, number, bool(latest)) for value, place, tail, number, latest in rows
    ]


def _after(search: Search) -> Sql:
    """Equal rows go by their source, then by place and tail."""
    after, order = search.ask.after, search.ask.order
    if after is None:
        return Sql(TRUE)
    column, op = f"s.{order.field}", "<" if order.descending else ">"
    if search.source < after.source:
        return Sql(f"{column} {op} ?", (after.value,))
    if search.source > after.source:
        return Sql(f"{column} {op}= ?", (after.value,))
    place = search.after_place
    return Sql(
        f"({column} {op} ? OR ({column} = ? AND (s.place > ? OR (s.place = ? AND s.tail > ?))))",
        (after.value, after.value, place, place, after.tail),
    )


def _marks(session: Session, where: Sql) -> str:
    join = "group_concat" if session.is_sqlite else "string_agg"
    row = session.one(f"SELECT {join}(s.mark, '') FROM search s WHERE {where.text}", where.args)
    return (row and row[0]) or ""


def _counted(session: Session, facet: str, found: str, where: Sql) -> dict[str | int, int]:
    head, _, key = facet.partition(".")
    if FIELDS[head].of_place:
        return {number: count for number, count in marks.counted(found, "place").items()}
    if head == "tags":
        return _tagged(session, marks.counted_tag_sets(found), key)
    if head in marks.FACETS:
        return _spelled(session, marks.counted(found, head))
    column = _FLAGS.get(head, head)
    rows = session.rows(
        f"SELECT s.{column}, count(*) FROM search s WHERE {where.text} GROUP BY s.{column}",
        where.args,
    )
    return {_said(head, value): count for value, count in rows if value != ""}


def _said(head: str, value: object) -> str:
    return ("false", "true")[int(str(value))] if head in _FLAGS else str(value)


def _spelled(session: Session, counts: Mapping[int, int]) -> dict[str | int, int]:
    if not counts:
        return {}
    rows = session.rows(f"SELECT id, text FROM search_letters l WHERE {among('id', list(counts))}")
    return {text: counts[number] for number, text in rows if text}


def _tagged(session: Session, counts: Mapping[int, int], key: str) -> dict[str | int, int]:
    rows = session.rows("SELECT tag_set, value FROM search_tags WHERE key = ?", (key,))
    found: Counter[str | int] = Counter()
    for number, value in rows:
        if count := counts.get(number):
            found[value] += count
    return dict(found)
