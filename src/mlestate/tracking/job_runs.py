"""Runs that the platform itself opens: a job's run has the job's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..core.errors import Conflict
from ..core.search import Comparison
from ..core.tracking import ACTIVE, DELETED, ENDED, PARENT_TAG, Pair, RunInfo
from ..store.tracking import TrackingStore, models
from ..store.tracking import experiments as experiment_rows
from ..store.tracking import runs as rows
from ..store.tracking.counting import count_models, count_runs
from ..store.tracking.forgetting import forget_workspace
from ..store.tracking.group import Group
from ..store.tracking.session import Session
from . import experiments, runs

_MOST_CHILDREN = 10_000


class JobRuns:
    """Synchronous. `cell` is the tracking store of a region; `workspace` is a workspace's GUID."""

    def __init__(self, cell: Callable[[str], TrackingStore]):
        self._cell = cell

    def open(
        self,
        region: str,
        workspace: str,
        run_id: str,
        *,
        experiment: str,
        name: str,
        user: str,
        start_time: int,
        status: str = "SCHEDULED",
        tags: Mapping[str, str] | None = None,
    ) -> RunInfo:
        """Idempotent: a run that is there already is left as it is. Another workspace's run may
        have the same id."""

        def work(group: Group) -> RunInfo:
            known = rows.info(group.session, workspace, run_id)
            if known is not None:
                return known
            exp = _experiment(group, workspace, experiment, start_time)
            pairs = [Pair(key, value) for key, value in (tags or {}).items()]
            made, _ = runs.create(
                group, workspace, str(exp), run_id, name, user, start_time, pairs, status
            )
            return made

        return self._cell(region).write(work)

    def set_status(self, region: str, workspace: str, run_id: str, status: str, at: int) -> RunInfo:
        """An end (FINISHED, FAILED, KILLED) is stamped with `at`, and is not taken back by the word
        of a beginning that comes late."""

        def work(group: Group) -> RunInfo:
            known = rows.info(group.session, workspace, run_id)
            if known is not None and known.status in ENDED and status not in ENDED:
                return known
            end = at if status in ENDED else None
            return runs.update(group, workspace, run_id, status=status, end=end)

        return self._cell(region).write(work)

    def rename(self, region: str, workspace: str, run_id: str, name: str) -> None:
        self._cell(region).write(lambda group: runs.update(group, workspace, run_id, name=name))

    def forget(self, region: str, workspace: str) -> None:
        """All that was tracked in a workspace that is gone. Safe to repeat."""
        self._cell(region).write(lambda group: forget_workspace(group, workspace))

    def count(self, region: str, workspace: str) -> tuple[int, int]:
        """How many runs and how many logged models there are."""
        return self._cell(region).read(
            lambda session: (count_runs(session, workspace), count_models(session, workspace))
        )

    def get(self, region: str, workspace: str, run_id: str) -> RunInfo | None:
        return self._cell(region).read(lambda session: rows.info(session, workspace, run_id))

    def has_experiment(self, region: str, workspace: str, name: str) -> bool:
        """Whether the workspace has one of the name, a deleted one included."""

        def work(session: Session) -> bool:
            return experiment_rows.find_by_name(session, workspace, name) is not None

        return self._cell(region).read(work)

    def has_model(self, region: str, workspace: str, model_id: str) -> bool:
        """Whether it is a logged model of the workspace."""

        def work(session: Session) -> bool:
            return models.number(session, workspace, model_id, (ACTIVE,)) is not None

        return self._cell(region).read(work)

    def data(self, region: str, workspace: str, run_id: str) -> bytes:
        """The run as MLflow's JSON, its `artifact_uri` empty. `NotFound` where there is none."""
        found = self._cell(region).read_runs(
            lambda session: [runs.number(session, workspace, run_id)]
        )
        return rows.ARTIFACT_URI.sub(b"", found[0])

    def children(self, region: str, workspace: str, run_id: str) -> list[RunInfo]:
        """The oldest first."""

        def work(session: Session) -> list[RunInfo]:
            parent = Comparison("tag", PARENT_TAG, "=", run_id)
            own = experiment_rows.of_workspace(session, workspace)
            found = rows.search(session, own, (ACTIVE, DELETED), [parent], [], _MOST_CHILDREN, 0)
            return rows.infos(session, found[::-1])

        return self._cell(region).read(work)


def _experiment(group: Group, workspace: str, name: str, now: int) -> int:
    found = experiment_rows.find_by_name(group.session, workspace, name)
    if found is None:
        return experiments.create(group, workspace, name, (), now)
    if found.lifecycle != ACTIVE:
        raise Conflict(f"The experiment `{name}` is deleted; restore it or name another.")
    return found.id
