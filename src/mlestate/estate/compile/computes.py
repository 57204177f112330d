"""The computes of each workspace: clusters, and pointers to machines that are there already."""

from __future__ import annotations

from collections.abc import Iterator

from ..desired import Desired, Json
from ..layout.logical import of_workspace
from ..layout.places import Workspace
from ..spec import Compute, Estate

# What the file's keys are as types of computes.
KINDS = {
    "kubernetes": "Kubernetes",
    "virtual_machine": "VirtualMachine",
    "databricks": "Databricks",
    "ray": "Ray",
}


def computes(estate: Estate, workspaces: list[Workspace]) -> Iterator[Desired]:
    for workspace in workspaces:
        if workspace.place.purpose == "serve":
            continue
        for name, compute in workspace.settings.computes.items():
            if compute.max == 0:
                continue
            yield Desired(
                f"{workspace.id('workspace')}/computes/{name}",
                "Microsoft.MachineLearningServices/workspaces/computes",
                _body(estate, workspace, compute),
                key=of_workspace(workspace, f"compute {name}"),
            )


def _body(estate: Estate, workspace: Workspace, compute: Compute) -> dict[str, Json]:
    said = _attached(compute) if compute.attached else _cluster(compute)
    body: dict[str, Json] = {"location": workspace.region, "properties": said}
    return body | ({"tags": workspace.tags} if estate.tags.inherit else {})


def _cluster(compute: Compute) -> dict[str, Json]:
    return {
        "computeType": "AmlCompute",
        "properties": {
            "vmSize": compute.size,
            "scaleSettings": {
                "minNodeCount": compute.min,
                "maxNodeCount": compute.max,
                "nodeIdleTimeBeforeScaleDown": f"PT{str(compute.idle).upper()}",
            },
        },
    }


def _attached(compute: Compute) -> dict[str, Json]:
    ((key, target),) = compute.attached.items()
    kind = KINDS[key]
    if key == "ray":
        return {"computeType": kind, "properties": {"address": target}}
    inner: dict[str, Json] = {}
    if key == "kubernetes":
        inner["namespace"] = compute.namespace or "default"
    return {"computeType": kind, "resourceId": target, "properties": inner}
