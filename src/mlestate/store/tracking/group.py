"""One writing transaction: the work of many requests, gathered and written by the table."""

from __future__ import annotations

from typing import NamedTuple

from ...core.errors import Invalid, NotFound
from ...core.tracking import ACTIVE
from ..search.codes import Codes
from . import history
from .session import Session

_REMEMBERED = 100_000

_LATEST = """
INSERT INTO latest (run, key, step, ts, value, exp) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (run, key) DO UPDATE
SET step = excluded.step, ts = excluded.ts, value = excluded.value
WHERE (excluded.step, excluded.ts, excluded.value) > (latest.step, latest.ts, latest.value)
"""
_TAG = """
INSERT INTO tag (run, key, value) VALUES (?, ?, ?)
ON CONFLICT (run, key) DO UPDATE SET value = excluded.value
"""


class RunRow(NamedTuple):
    id: int
    exp: int
    workspace: str
    lifecycle: str


class Group:
    """Lives as long as the writer; `flush` empties it. Only the writer's thread touches it."""

    def __init__(self, session: Session):
        self.session = session
        self.writes = 0
        self.touched: set[int] = set()
        self.fresh: dict[int, int] = {}
        # Runs and experiments whose rows in the search index are to be written anew.
        self.retold: set[int] = set()
        self.retold_experiments: set[int] = set()
        self.codes = Codes()
        self._keys: dict[str, int] = {}
        self._runs: dict[tuple[str, str], RunRow] = {}
        self._points: dict[int, list[history.LoosePoint]] = {}
        self._latest: dict[tuple[int, int], tuple[int, int, float, int]] = {}
        self._tags: dict[tuple[int, int], str] = {}

    def run_sql(self, sql: str, args: tuple[object, ...] = ()) -> None:
        """A statement that writes, after all that was gathered before it."""
        self.flush()
        self.writes += 1
        self.session.run(sql, args)

    def forget_workspace(self, workspace: str, runs: list[int]) -> None:
        """Nothing of these runs is remembered any more."""
        self._runs = {key: row for key, row in self._runs.items() if key[0] != workspace}
        self.touched.update(runs)
        self.retold.difference_update(runs)
        for run in runs:
            self.fresh.pop(run, None)

    def active_run(self, workspace: str, run_id: str) -> RunRow:
        run = self.run(workspace, run_id)
        if run.lifecycle != ACTIVE:
            raise Invalid(f"The run `{run_id}` is deleted; restore it before logging to it.")
        return run

    def run(self, workspace: str, run_id: str) -> RunRow:
        """Another workspace's run is as unknown as one that never was."""
        row = self._runs.get((workspace, run_id)) or self._load_run(workspace, run_id)
        if row is None:
            raise NotFound(f"Run with id={run_id} not found")
        return row

    def key(self, name: str) -> int:
        number = self._keys.get(name)
        if number is None:
            number = self._load_key(name)
        return number

    def add_point(self, run: RunRow, key: int, step: int, ts: int, value: float) -> None:
        self.writes += 1
        self._points.setdefault(run.id, []).append((key, step, ts, value))
        known = self._latest.get((run.id, key))
        if known is None or (step, ts, value) > known[:3]:
            self._latest[run.id, key] = (step, ts, value, run.exp)

    def set_tag(self, run: RunRow, key: str, value: str) -> None:
        self.writes += 1
        self.touched.add(run.id)
        self.retold.add(run.id)
        self._tags[run.id, self.key(key)] = value

    def remember(self, run_id: str, row: RunRow) -> None:
        self._runs[row.workspace, run_id] = row

    def forget(self, workspace: str, run_id: str) -> None:
        self._runs.pop((workspace, run_id), None)

    def abandon(self) -> None:
        """The transaction was undone: nothing gathered or learnt in it is true."""
        for part in (self._keys, self._runs, self._points, self._latest, self._tags, self.fresh):
            part.clear()
        for told in (self.touched, self.retold, self.retold_experiments):
            told.clear()
        self.codes.forget()

    def flush(self) -> None:
        if self._points:
            self._flush_points()
        if self._tags:
            rows = [(run, key, value) for (run, key), value in self._tags.items()]
            self.session.many(_TAG, rows)
            self._tags.clear()
        if len(self._runs) > _REMEMBERED:
            self._runs.clear()

    def _flush_points(self) -> None:
        chunks = [(run, history.pack_loose(points)) for run, points in self._points.items()]
        self.session.many("INSERT INTO loose (run, data) VALUES (?, ?)", chunks)
        self.session.many(
            _LATEST,
            [
                # NaN is kept as NULL, in both databases: so it sorts apart from all numbers.
                (run, key, step, ts, value if value == value else None, exp)
                for (run, key), (step, ts, value, exp) in self._latest.items()
            ],
        )
        self.touched.update(self._points)
        for run in self._points:
            self.fresh[run] = self.fresh.get(run, 0) + 1
        self._points.clear()
        self._latest.clear()

    def _load_run(self, workspace: str, run_id: str) -> RunRow | None:
        row = self.session.one(
            "SELECT id, exp, workspace, lifecycle FROM run WHERE run_id = ? AND workspace = ?",
            (run_id, workspace),
        )
        if row is None:
            return None
        found = self._runs[workspace, run_id] = RunRow(*row)
        return found

    def _load_key(self, name: str) -> int:
        if len(self._keys) > _REMEMBERED:
            self._keys.clear()
        row = self.session.one("SELECT id FROM key WHERE name = ?", (name,))
        if row is None:
            self.writes += 1
            row = self.session.one("INSERT INTO key (name) VALUES (?) RETURNING id", (name,))
        assert row is not None
        number = self._keys[name] = int(row[0])
        return number
