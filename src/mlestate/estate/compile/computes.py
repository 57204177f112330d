"""The clusters of each environment, in each of its workspaces."""

from __future__ import annotations

from collections.abc import Iterator

from ..desired import Desired, Json
from ..layout import Workspace
from ..logical import of_workspace
from ..spec import Compute, Estate


def computes(estate: Estate, workspaces: list[Workspace]) -> Iterator[Desired]:
    for workspace in workspaces:
        if workspace.place.purpose == "serve":
            continue
        for name, compute in workspace.settings.computes.items():
            if not compute.max:
                continue
            yield Desired(
                f"{workspace.id('workspace')}/computes/{name}",
                "Microsoft.MachineLearningServices/workspaces/computes",
                _body(estate, workspace, compute),
                key=of_workspace(workspace, f"compute {name}"),
            )


def _body(estate: Estate, workspace: Workspace, compute: Compute) -> dict[str, Json]:
    body: dict[str, Json] = {
        "location": workspace.region,
        "properties": {
            "computeType": "AmlCompute",
            "properties": {
                "vmSize": compute.size,
                "scaleSettings": {
                    "minNodeCount": compute.min,
                    "maxNodeCount": compute.max,
                    "nodeIdleTimeBeforeScaleDown": f"PT{str(compute.idle).upper()}",
                },
            },
        },
    }
    return body | ({"tags": workspace.tags} if estate.tags.inherit else {})
