"""What a job names must be there, and open to whoever submits it: better said now than in a log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core import data_uri, ids
from ...core.data_uri import OnDatastore
from ...core.errors import Invalid, NotFound
from ...core.ids import ResourceId
from ...core.lifecycle import Work
from ...core.resource import Change, Resource
from ...runtime import curated

_NAMED = ("computeId", "codeId", "environmentId", "componentId")


def need(work: Work, change: Change) -> None:
    """Raises NotFound, Forbidden or Invalid, with the place in the job's document."""
    said = change.properties
    for field in _NAMED:
        _need(work, str(said.get(field) or ""), f"$.properties.{field}")
    _need_curated(str(said.get("environmentId") or ""))
    for target, uri in _addresses(said):
        _need(work, uri, target)
        _need_datastore(work, change.id.parent, uri, target)
    _need_room(work, said)


def _addresses(said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for field in ("inputs", "outputs"):
        for name, one in (said.get(field) or {}).items():
            yield f"$.properties.{field}.{name}.uri", str((one or {}).get("uri") or "")


def _need(work: Work, text: str, target: str) -> Resource | None:
    if not text.lower().startswith("/subscriptions/"):
        return None
    id = ids.parse(text)
    work.caller.need(f"{id.type}/read", str(id))
    found = work.find(id)
    if found is None:
        raise NotFound(
            f"`{id}` is not there: make it first", code="LinkedResourceNotFound", target=target
        )
    return found


def _need_curated(environment: str) -> None:
    if environment.startswith("azureml://registries/") and curated.find(environment) is None:
        raise NotFound(
            f"`{environment}` is none of the curated environments that are known here",
            code="EnvironmentNotFound",
            target="$.properties.environmentId",
        )


def _need_datastore(work: Work, workspace: ResourceId, uri: str, target: str) -> None:
    if not uri.startswith("azureml://") or data_uri.read_job(uri) is not None:
        return
    place = data_uri.read(uri, workspace)
    if isinstance(place, OnDatastore):
        _need(work, str(place.datastore), target)


def _need_room(work: Work, said: dict[str, Any]) -> None:
    """A cluster that can never have so many nodes would keep the job waiting for good."""
    count = int((said.get("resources") or {}).get("instanceCount") or 1)
    compute = str(said.get("computeId") or "")
    if not compute.lower().startswith("/subscriptions/"):
        return
    found = work.find(ids.parse(compute))
    most = int(found.properties["properties"]["scaleSettings"]["maxNodeCount"]) if found else count
    if count > most:
        raise Invalid(
            f"the job needs {count} nodes and the compute has at most {most}: raise "
            "`maxNodeCount` or lower `instanceCount`",
            code="InstanceCountExceedsMaximum",
            target="$.properties.resources.instanceCount",
        )
