"""What a search shows of a thing, the same for resources and for what is tracked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..catalog import searched
from ..core.finding.places import Place
from ..core.resource import Resource
from ..core.times import iso
from ..core.tracking import DELETED, Experiment
from ..store.tracking.retelling import NOTE, OURS, STATUS

Row = dict[str, Any]


def of_resource(resource: Resource, place: Place, latest: bool) -> Row:
    entry, said = searched.entry(resource), resource.properties
    assert entry is not None
    return _row(
        place,
        kind=entry.kind,
        id=str(resource.id),
        name=entry.name,
        version=entry.version or None,
        type=entry.type or None,
        status=entry.status,
        tags=resource.tags or said.get("tags") or {},
        description=said.get("description"),
        experiment=entry.experiment or None,
        latest=latest,
        archived=entry.archived,
        createdBy=resource.created.by,
        createdAt=iso(resource.created.at),
        modifiedBy=resource.modified.by,
        modifiedAt=iso(resource.modified.at),
    )


def of_run(run: Mapping[str, Any], place: Place, experiment: str) -> Row:
    """`run` is MLflow's document."""
    info, data = run["info"], run["data"]
    tags = {one["key"]: one["value"] for one in data["tags"]}
    start = info["start_time"]
    return _row(
        place,
        kind="run",
        id=f"{place.id}/experiments/{info['experiment_id']}/runs/{info['run_id']}",
        name=info["run_name"],
        status=STATUS[info["status"]],
        tags=_own(tags),
        description=tags.get(NOTE),
        experiment=experiment,
        latest=True,
        archived=info["lifecycle_stage"] == DELETED,
        createdBy=info["user_id"],
        createdAt=iso(start / 1000),
        modifiedBy=info["user_id"],
        modifiedAt=iso(info.get("end_time", start) / 1000),
        metrics={one["key"]: one["value"] for one in data["metrics"]},
        params={one["key"]: one["value"] for one in data["params"]},
    )


def of_experiment(experiment: Experiment, place: Place) -> Row:
    tags = dict(experiment.tags)
    return _row(
        place,
        kind="experiment",
        id=f"{place.id}/experiments/{experiment.id}",
        name=experiment.name,
        tags=_own(tags),
        description=tags.get(NOTE),
        experiment=experiment.name,
        latest=True,
        archived=experiment.lifecycle == DELETED,
        createdAt=iso(experiment.created / 1000),
        modifiedAt=iso(experiment.updated / 1000),
    )


def _row(place: Place, **said: Any) -> Row:
    """What is not said of a thing is left out."""
    around = {
        "workspace": place.said("workspace"),
        "workspaceId": place.id,
        "resourceGroup": place.said("resourceGroup"),
        "region": place.region,
        "environment": place.said("environment"),
        "project": place.said("project"),
    }
    return {name: value for name, value in (said | around).items() if value is not None}


def _own(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if not key.startswith(OURS)}
