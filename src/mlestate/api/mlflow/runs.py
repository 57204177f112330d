"""`runs/…` and `metrics/…`, but for what a run logs."""

from __future__ import annotations

from typing import Any

import msgspec

from ...core.conventions import New
from ...core.errors import Invalid
from ...core.tracking import NAME_TAG, PARENT_TAG, Int64, Pair
from ...store.tracking import runs as rows
from ...store.tracking.history import Point, sample
from ...tracking import limits, pages, runs
from . import answers
from .request import Request

_BULK_RUNS = 100
_BULK_POINTS = 25_000
_SAMPLED = 2500


class _Create(msgspec.Struct, gc=False):
    experiment_id: str | None = ""
    user_id: str | None = ""
    run_name: str | None = ""
    start_time: Int64 | None = None
    tags: list[Pair] = []


class _ById(msgspec.Struct, gc=False):
    run_id: str = ""
    run_uuid: str = ""

    @property
    def run(self) -> str:
        return self.run_id or self.run_uuid


class _Update(_ById, gc=False):
    status: str | None = None
    end_time: Int64 | None = None
    run_name: str | None = None


class _Search(msgspec.Struct, gc=False):
    experiment_ids: list[str] = []
    filter: str | None = ""
    run_view_type: str | None = None
    max_results: int | None = None
    order_by: list[str] = []
    page_token: str | None = None


class _History(_ById):
    metric_key: str = ""
    page_token: str | None = None
    max_results: int | None = None


class _Bulk(msgspec.Struct):
    run_id: list[str] = []
    run_ids: list[str] = []
    metric_key: str = ""
    start_step: Int64 | None = None
    end_step: Int64 | None = None
    max_results: int | None = None


class _Datasets(msgspec.Struct):
    experiment_ids: list[str] = []


async def create(request: Request) -> bytes:
    asked, run_id = await request.json(_Create), request.new_id()
    if request.names.asked("jobs"):
        await request.admit(_named(asked))
    info, tags = await request.store.submit(
        lambda group: runs.create(
            group,
            request.key,
            asked.experiment_id or "",
            run_id,
            asked.run_name or "",
            asked.user_id or "",
            request.now if asked.start_time is None else asked.start_time,
            asked.tags,
        )
    )
    await request.record_warnings("jobs", run_id)
    data = {"metrics": [], "params": [], "tags": answers.pairs(tags.items())}
    return b'{"run":%b}' % request.roots.fill(rows.fragment(info, data))


def _named(asked: _Create) -> New:
    """A run is shown as a job is. One that is part of another run is named by what makes it."""
    tags = {tag.key: tag.value or "" for tag in asked.tags}
    name = "" if tags.get(PARENT_TAG) else asked.run_name or tags.get(NAME_TAG, "")
    return New(of="jobs", display_name=name)


async def get(request: Request) -> bytes:
    asked = request.query(_ById)
    found = await request.store.reading_runs(
        lambda session: [runs.number(session, request.key, asked.run)]
    )
    return b'{"run":%b}' % request.roots.fill(found[0])


async def update(request: Request) -> bytes:
    asked = await request.json(_Update)
    info = await request.store.submit(
        lambda group: runs.update(
            group, request.key, asked.run, asked.status, asked.end_time, asked.run_name
        )
    )
    return b'{"run_info":%b}' % request.roots.fill(rows.info_json(info))


async def delete(request: Request) -> bytes:
    asked = await request.json(_ById)
    await request.store.submit(lambda group: runs.delete(group, request.key, asked.run))
    await request.record_part("runs", asked.run)
    return answers.EMPTY


async def restore(request: Request) -> bytes:
    asked = await request.json(_ById)
    await request.store.submit(lambda group: runs.restore(group, request.key, asked.run))
    await request.record_part("runs", asked.run)
    return answers.EMPTY


async def search(request: Request) -> bytes:
    asked = await request.json(_Search)
    limit = limits.results(asked.max_results, 1000, 50_000)
    offset = pages.start(asked.page_token)
    found = await request.store.reading_runs(
        lambda session: runs.search(
            session,
            request.key,
            asked.experiment_ids,
            asked.filter or "",
            asked.order_by,
            asked.run_view_type or "",
            limit + 1,
            offset,
        )
    )
    return answers.run_page(*pages.cut(found, limit, offset), request.roots)


async def history(request: Request) -> bytes:
    asked = request.query(_History)
    if asked.max_results is not None:
        limits.results(asked.max_results, 0, 2**31)

    def work(session: Any) -> bytes:
        points, token = runs.history_page(
            session,
            request.key,
            asked.run,
            limits.name(asked.metric_key, "metric_key"),
            asked.max_results,
            asked.page_token,
        )
        return answers.page("metrics", _points(points, {"key": asked.metric_key}), token)

    return await request.store.reading(work)


async def history_bulk(request: Request) -> bytes:
    """Older clients' plots: several runs, points after points."""
    asked = request.query(_Bulk)
    most = min(asked.max_results or _BULK_POINTS, _BULK_POINTS)
    return await _bulk(request, asked, asked.run_id, lambda points: points[:most], most)


async def history_bulk_interval(request: Request) -> bytes:
    """The same, thinned out evenly."""
    asked = request.query(_Bulk)
    most = limits.results(asked.max_results, _SAMPLED, _SAMPLED)
    if (asked.start_step is None) != (asked.end_step is None):
        raise Invalid("If either start step or end step are specified, both must be specified.")
    start, end = asked.start_step, asked.end_step

    def within(points: list[Point]) -> list[Point]:
        if start is not None and end is not None:
            points = [point for point in points if start <= point[0] <= end]
        return sample(sorted(points, key=lambda point: point[0]), most)

    return await _bulk(request, asked, asked.run_ids, within, None)


async def _bulk(
    request: Request, asked: _Bulk, run_ids: list[str], choose: Any, most: int | None
) -> bytes:
    if not 1 <= len(run_ids) <= _BULK_RUNS:
        raise Invalid(f"Name between 1 and {_BULK_RUNS} runs; {len(run_ids)} were named.")
    key = limits.name(asked.metric_key, "metric_key")

    def work(session: Any) -> bytes:
        found: list[dict[str, Any]] = []
        for run_id in run_ids:
            points = choose(runs.history(session, request.key, run_id, key))
            found += _points(points, {"key": key, "run_id": run_id})
        return answers.page("metrics", found[:most], None)

    return await request.store.reading(work)


async def datasets(request: Request) -> bytes:
    asked = await request.json(_Datasets)
    found = await request.store.reading(
        lambda session: runs.datasets(session, request.key, asked.experiment_ids)
    )
    names = ("experiment_id", "name", "digest", "context")
    bodies = [
        {name: str(v) for name, v in zip(names, row, strict=True) if v is not None} for row in found
    ]
    return answers.encode({"dataset_summaries": bodies})


def _points(points: list[Point], fixed: dict[str, str]) -> list[dict[str, Any]]:
    word = rows.number_or_word
    return [{**fixed, "value": word(v), "timestamp": ts, "step": step} for step, ts, v in points]
