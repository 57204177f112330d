"""Rows of the index: put with what they show, gone with it. In the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ...core.areas import ancestors
from ...core.finding.entry import Entry
from . import marks
from .codes import Codes, tag_set, use
from .session import Session, padded

_COLUMNS = (
    *("place", "tail", "number", "kind", "status", "type", "author", "editor", "archived"),
    *("latest", "created", "modified", "tag_set", "mark", "name", "version", "experiment", "text"),
)
# Which version is the latest is the container's to say.
_CHANGED = [name for name in _COLUMNS if name not in ("place", "tail", "latest")]
_UPSERT = (
    f"INSERT INTO search ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "
    f"ON CONFLICT (place, tail) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _CHANGED)
)
BEHIND = 2  # added to `archived` of what is hidden, or shown by its versions
_VERSIONS = "/versions/"


def keep_place(
    session: Session, key: str, spelled: str, guid: str, tags: Mapping[str, str]
) -> None:
    known = {name.lower(): value for name, value in sorted(tags.items())}
    session.run(
        "INSERT INTO search_places (key, spelled, guid, tags) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (key) DO UPDATE SET spelled = excluded.spelled, guid = excluded.guid, "
        "tags = excluded.tags",
        (key, spelled, guid, msgspec.json.encode(known).decode()),
    )


def keep(session: Session, codes: Codes, entry: Entry) -> None:
    """What lies in no known place is not searched for."""
    place = codes.place(session, entry.place)
    if place is None:
        return
    old = session.one(
        "SELECT tag_set, version FROM search WHERE place = ? AND tail = ?", (place, entry.tail)
    )
    if entry.head is not None:
        entry = _behind(session, place, entry, old[1] if old else "")
    tagged = tag_set(session, entry.tags)
    session.run(_UPSERT, _row(session, codes, entry, place, tagged))
    if old is None or old[0] != tagged:
        use(session, tagged, 1)
        use(session, old[0] if old else 0, -1)
    if entry.head is not None and (old is None or old[1] != entry.head):
        _lead(session, place, entry.tail, old[1] if old else "", entry.head)


def keep_all(session: Session, codes: Codes, entries: Iterable[Entry]) -> None:
    """Many at once, of what has no versions."""
    placed = [(codes.place(session, entry.place), entry) for entry in entries]
    known = [(place, entry) for place, entry in placed if place is not None]
    if not known:
        return
    before = _tag_sets(session, known)
    rows, changes = [], Counter[int]()
    for place, entry in known:
        tagged = tag_set(session, entry.tags)
        rows.append(_row(session, codes, entry, place, tagged))
        changes[tagged] += 1
        changes[before.get((place, entry.tail), 0)] -= 1
    session.many(_UPSERT, rows)
    for number, times in sorted(changes.items()):
        use(session, number, times)


def _tag_sets(session: Session, known: Sequence[tuple[int, Entry]]) -> dict[tuple[int, str], int]:
    """What those that are there already are tagged with."""
    pairs = padded([(place, entry.tail) for place, entry in known])
    each = ", ".join(["(?, ?)"] * len(pairs))
    args = [part for pair in pairs for part in pair]
    rows = session.rows(
        f"SELECT place, tail, tag_set FROM search WHERE (place, tail) IN (VALUES {each})", args
    )
    return {(int(place), tail): int(number) for place, tail, number in rows}


def _behind(session: Session, place: int, entry: Entry, before: str) -> Entry:
    """A container names its latest version even when that is gone."""
    tail = f"{entry.tail}{_VERSIONS}{entry.head}".lower()
    there = session.one("SELECT 1 FROM search WHERE place = ? AND tail = ?", (place, tail))
    return entry if there else msgspec.structs.replace(entry, head=before)


def _row(
    session: Session, codes: Codes, entry: Entry, place: int, tagged: int
) -> tuple[object, ...]:
    said = (
        ("kind", entry.kind),
        ("status", entry.status),
        ("type", entry.type),
        ("createdBy", entry.author),
        ("modifiedBy", entry.editor),
    )
    kind, status, type, author, editor = codes.letters(session, said)
    return (
        *(place, entry.tail, entry.number, kind, status, type, author, editor),
        int(entry.archived) + (BEHIND if entry.head or entry.hidden else 0),
        int(_VERSIONS not in entry.tail),
        *(entry.created, entry.modified, tagged),
        marks.mark((place, kind, status, type, author), tagged),
        *(entry.name, entry.head or entry.version, entry.experiment, entry.text),
    )


def _lead(session: Session, place: int, container: str, before: str, now: str) -> None:
    """Another version is the latest of its container."""
    set_latest = "UPDATE search SET latest = ? WHERE place = ? AND tail = ?"
    for version, latest in ((before, 0), (now, 1)):
        if version:
            tail = f"{container}{_VERSIONS}{version}".lower()
            session.run(set_latest, (latest, place, tail))


def drop(session: Session, scope: str) -> None:
    """All that is at or below a scope, by its key; places too."""
    above = list(ancestors(scope))
    row = session.one(
        f"SELECT id, key FROM search_places WHERE key IN ({', '.join('?' * len(above))}) "
        "AND key <> ?",
        (*above, scope),
    )
    if row is not None:
        _drop_below(session, row[0], scope[len(row[1]) :])
        return
    found = session.rows(
        "SELECT id FROM search_places WHERE key = ? OR (key >= ? AND key < ?)",
        (scope, scope + "/", scope + "0"),
    )
    drop_places(session, [int(number) for (number,) in found])


def drop_places(session: Session, numbers: Iterable[int]) -> None:
    for number in numbers:
        _drop_rows(session, "place = ?", (number,))
        session.run("DELETE FROM search_places WHERE id = ?", (number,))


def _drop_below(session: Session, place: int, tail: str) -> None:
    where = "place = ? AND (tail = ? OR (tail >= ? AND tail < ?))"
    _drop_rows(session, where, (place, tail, tail + "/", tail + "0"))
    container, is_version, version = tail.rpartition(_VERSIONS)
    if is_version and "/" not in version:
        _succeed(session, place, container, version)


def _drop_rows(session: Session, where: str, args: tuple[object, ...]) -> None:
    shared = session.rows(
        f"SELECT tag_set, count(*) FROM search WHERE {where} AND tag_set > 0 GROUP BY tag_set",
        args,
    )
    session.run(f"DELETE FROM search WHERE {where}", args)
    for number, count in shared:
        use(session, number, -count)


def _succeed(session: Session, place: int, container: str, gone: str) -> None:
    """Where the latest version is gone the newest of the others is; where all are, the container
    is shown itself."""
    here = (place, container)
    row = session.one("SELECT version FROM search WHERE place = ? AND tail = ?", here)
    if row is None or row[0].lower() != gone:
        return
    start = f"{container}{_VERSIONS}"
    heir = session.one(
        "SELECT tail, version FROM search WHERE place = ? AND tail >= ? AND tail < ? "
        "ORDER BY created DESC, tail DESC LIMIT 1",
        (place, start, f"{start[:-1]}0"),
    )
    if heir is not None:
        session.run("UPDATE search SET version = ? WHERE place = ? AND tail = ?", (heir[1], *here))
        session.run("UPDATE search SET latest = 1 WHERE place = ? AND tail = ?", (place, heir[0]))
    else:
        session.run(
            "UPDATE search SET version = '', archived = archived - ? "
            "WHERE place = ? AND tail = ? AND archived >= ?",
            (BEHIND, *here, BEHIND),
        )
