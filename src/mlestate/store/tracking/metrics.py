"""Histories, params and tags of runs; and the compaction of what was logged loosely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import history
from .group import Group, RunRow
from .session import Session, marks

# Below this a run's loose chunks are read faster than they are tidied.
LOOSE_CHUNKS = 256
_AT_ONCE = 512


def params(group: Group, run: RunRow, names: Sequence[str]) -> dict[str, str]:
    """The values these params have already."""
    rows = group.session.rows(
        "SELECT k.name, p.value FROM param p JOIN key k ON k.id = p.key "
        f"WHERE p.run = ? AND k.name IN ({marks(names)})",
        (run.id, *names),
    )
    return dict(rows)


def add_params(group: Group, run: RunRow, values: Mapping[str, str]) -> None:
    group.writes += 1
    group.touched.add(run.id)
    rows = [(run.id, group.key(name), value) for name, value in values.items()]
    group.session.many("INSERT INTO param (run, key, value) VALUES (?, ?, ?)", rows)


def tag(group: Group, run: RunRow, name: str) -> str | None:
    group.flush()
    row = group.session.one(
        "SELECT value FROM tag WHERE run = ? AND key = (SELECT id FROM key WHERE name = ?)",
        (run.id, name),
    )
    return None if row is None else row[0]


def delete_tag(group: Group, run: RunRow, name: str) -> bool:
    if tag(group, run, name) is None:
        return False
    group.run_sql("DELETE FROM tag WHERE run = ? AND key = ?", (run.id, group.key(name)))
    group.touched.add(run.id)
    group.retold.add(run.id)
    return True


def read_history(session: Session, run: int, name: str) -> list[history.Point]:
    row = session.one("SELECT id FROM key WHERE name = ?", (name,))
    if row is None:
        return []
    packed = session.rows(
        "SELECT data FROM segment WHERE run = ? AND key = ? ORDER BY part", (run, row[0])
    )
    chunks = session.rows("SELECT data FROM loose WHERE run = ? ORDER BY seq", (run,))
    return history.read(row[0], (data for (data,) in packed), (data for (data,) in chunks))


def untidy(session: Session) -> dict[int, int]:
    """Runs with many loose chunks, left by an earlier process."""
    return dict(
        session.rows(
            "SELECT run, count(*) FROM loose GROUP BY run HAVING count(*) >= ?", (LOOSE_CHUNKS,)
        )
    )


def compact(group: Group, run: int) -> int:
    """The run's oldest loose chunks go into its segments; says how many stay loose."""
    group.flush()
    rows = group.session.rows(
        f"SELECT seq, data FROM loose WHERE run = ? ORDER BY seq LIMIT {_AT_ONCE}", (run,)
    )
    for key, points in history.by_key(data for _, data in rows).items():
        _append(group, run, key, points)
    if rows:
        group.run_sql("DELETE FROM loose WHERE run = ? AND seq <= ?", (run, rows[-1][0]))
    left = group.session.one("SELECT count(*) FROM loose WHERE run = ?", (run,))
    return int(left[0]) if left else 0


def _append(group: Group, run: int, key: int, points: list[bytes]) -> None:
    """Only the last segment, which is not full, is written anew."""
    last = group.session.one(
        "SELECT part, data FROM segment WHERE run = ? AND key = ? ORDER BY part DESC LIMIT 1",
        (run, key),
    )
    part, packed = last or (0, b"")
    pieces = history.segments([*history.split(packed), *points])
    group.writes += 1
    group.session.many(
        "INSERT INTO segment (run, key, part, data) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (run, key, part) DO UPDATE SET data = excluded.data",
        [(run, key, part + index, piece) for index, piece in enumerate(pieces)],
    )
