"""The names that are really there, by the parameters of paths in the OpenAPI document."""

from __future__ import annotations

from mlestate.core import ids
from tests.access.two_workspaces import A, Two


def names(two: Two) -> dict[str, str]:
    """One of everything, in bo's workspace."""
    workspace = ids.parse(A.workspace)
    found = {
        "subscriptionId": workspace.subscription,
        "resourceGroupName": workspace.parent.name,
        "subscription": workspace.subscription,
        "group": workspace.parent.name,
        "workspace": workspace.name,
        "personId": two.ids["bo"],
        "tenant": two.estate.identities.directory.tenant,
        "account": f"st{A.mark}",
        "container": two.bo.container,
        "blob": "numbat.txt",
        "run": two.bo.run,
        "experiment": two.bo.experiment,
        "region": "westeurope",
        "name": "bo",
    }
    for id, _ in two.bo.documents.values():
        for step in ids.parse(id).steps:
            found.setdefault(f"{step.type}Name", step.name)
    return found
