"""What a job names must be there, and open to whoever submits it: better said now than in a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...catalog.attached_computes import is_attached
from ...catalog.jobs import OUTPUT_STORE
from ...core import data_uri, ids
from ...core.data_uri import OnDatastore
from ...core.errors import Conflict, Invalid, NotFound, PlatformError
from ...core.ids import ResourceId
from ...core.lifecycle import Work
from ...core.resource import Change, Resource
from ...runtime import curated
from .ports import Places

ADDRESSES = ("azureml://", "https://", "http://", "wasbs://", "wasb://")
_NAMED = ("computeId", "codeId", "environmentId", "componentId")


def need(work: Work, change: Change, places: Places) -> None:
    """Raises NotFound, Forbidden or Invalid, with the place in the job's document."""
    said = change.properties
    for field in _NAMED:
        target = f"$.properties.{field}"
        with at(target):
            _need(work, str(said.get(field) or ""), target)
    _need_curated(str(said.get("environmentId") or ""))
    for uri, writes, target in _addresses(said):
        with at(target):
            _need(work, uri, target)
            _need_place(work, change.id.parent, places, uri, writes, target)
    _need_machines(work, said)


@contextmanager
def at(target: str) -> Iterator[None]:
    """What is refused here is refused of that place in the document, if of no other."""
    try:
        yield
    except PlatformError as error:
        error.target = error.target or target
        raise


def _addresses(said: dict[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """Each with whether it is written, and its place in the document."""
    for name, one in (said.get("inputs") or {}).items():
        writes = str((one or {}).get("mode") or "").lower() == "readwritemount"
        yield str((one or {}).get("uri") or ""), writes, f"$.properties.inputs.{name}.uri"
    for name, one in (said.get("outputs") or {}).items():
        yield str((one or {}).get("uri") or ""), True, f"$.properties.outputs.{name}.uri"


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


def _need_place(
    work: Work, workspace: ResourceId, places: Places, uri: str, writes: bool, target: str
) -> None:
    """A datastore that is named must be there, hold content, and open as far as the job goes."""
    if uri and target.startswith("$.properties.outputs.") and not uri.startswith(ADDRESSES):
        raise data_uri.no_place(uri, target)
    if not uri.startswith(ADDRESSES) or data_uri.read_job(uri) is not None:
        return
    uri = uri.replace("${{default_datastore}}", OUTPUT_STORE)
    place = data_uri.read(uri, workspace)
    if isinstance(place, OnDatastore):
        _need(work, str(place.datastore), target)
    try:
        # An address of a container leads through a datastore, too, whatever signature it has.
        places.find(work.caller, uri, workspace, writes)
    except PlatformError as error:
        error.target = target
        raise


def _need_machines(work: Work, said: dict[str, Any]) -> None:
    """A compute that never could would keep the job waiting for good."""
    compute = str(said.get("computeId") or "")
    if not compute.lower().startswith("/subscriptions/"):
        return
    found = work.find(ids.parse(compute))
    if found is None:
        return
    if is_attached(found.properties):
        raise _without_backend(found)
    count = int((said.get("resources") or {}).get("instanceCount") or 1)
    most = int(found.properties["properties"]["scaleSettings"]["maxNodeCount"])
    if count > most:
        raise Invalid(
            f"the job needs {count} nodes and the compute has at most {most}: raise "
            "`maxNodeCount` or lower `instanceCount`",
            code="InstanceCountExceedsMaximum",
            target="$.properties.resources.instanceCount",
        )


def _without_backend(compute: Resource) -> Conflict:
    kind = compute.properties["computeType"]
    return Conflict(
        f"`{compute.name}` is an attached compute of type {kind}, and no job runs on those yet: "
        "name a cluster of the workspace, or no compute",
        code="ComputeTypeNotSupported",
        target="$.properties.computeId",
    )
