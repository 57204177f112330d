"""The world that questions about access are answered from: everybody, and all that was given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from ...control.grants import Grants
from ...control.schedules import Schedules
from ...core.answers.world import Bound, World
from ...identity.directory import Directory, Everybody, Stamp


class Worlds:
    """Implements the port of `control.answering`. Kept while nobody and nothing given changes."""

    def __init__(
        self,
        directory: Directory,
        grants: Grants,
        schedules: Schedules,
        clock: Callable[[], float],
    ):
        self._directory, self._grants, self._clock = directory, grants, clock
        self._schedules = schedules
        self._lock = threading.Lock()
        self._everybody: tuple[int, Everybody] | None = None
        self._kept: tuple[Stamp, World] | None = None

    def now(self) -> World:
        stamp = self._directory.stamp()
        with self._lock:
            if self._kept is None or self._kept[0] != stamp:
                self._kept = (stamp, self._read(stamp))
            return self._kept[1].at(self._clock())

    def terms(self) -> Mapping[str, Mapping[str, Any]]:
        return self._schedules.terms()

    def _read(self, stamp: Stamp) -> World:
        if self._everybody is None or self._everybody[0] != stamp.directory:
            self._everybody = (stamp.directory, self._directory.everybody())
        everybody, given = self._everybody[1], self._grants.everything()
        boxes = self._schedules.known()
        return World(
            everybody.principals,
            everybody.members,
            given.assignments,
            _bounds(everybody),
            self._clock(),
            given.roles,
            given.against,
            [each for some in boxes.eligible.values() for each in some],
            [each for some in boxes.active.values() for each in some],
        )


def _bounds(everybody: Everybody) -> dict[str, Bound]:
    return {
        each.id: Bound(each.guest.scopes, each.guest.ends, each.sponsored)
        for each in everybody.guests
    }
