"""The words for types that `get`, `list`, `put` and `delete` take, and where each type stands."""

from __future__ import annotations

import difflib
from enum import Enum
from typing import NamedTuple

from ..core.errors import Invalid


class Stands(Enum):
    ESTATE = "below one address, by name"
    ANYWHERE = "on anything, and listed at one address"
    GROUP = "in a resource group"
    WORKSPACE = "in a workspace"


class Kind(NamedTuple):
    """`path` is a collection: a whole address, a provider's type, or a segment of a workspace.
    `called` is the property that people call it by, where its name is a GUID."""

    word: str
    stands: Stands
    path: str
    versioned: bool = False
    called: str = ""


_ML = "Microsoft.MachineLearningServices"
_AUTHORIZATION = "/providers/Microsoft.Authorization"
KINDS = (
    Kind("region", Stands.ESTATE, "/providers/Mlestate.Organization/regions"),
    Kind("subscription", Stands.ESTATE, "/subscriptions"),
    Kind("user", Stands.ESTATE, "/estate/v1/users"),
    Kind("group", Stands.ESTATE, "/estate/v1/groups"),
    Kind("service-principal", Stands.ESTATE, "/estate/v1/servicePrincipals"),
    Kind("role", Stands.ESTATE, f"{_AUTHORIZATION}/roleDefinitions", called="roleName"),
    Kind(
        "naming-convention",
        Stands.ESTATE,
        "/providers/Mlestate.Organization/namingConventions",
    ),
    Kind("activity-log", Stands.ESTATE, "/providers/Mlestate.Organization/activityLogs"),
    Kind("role-assignment", Stands.ANYWHERE, f"{_AUTHORIZATION}/roleAssignments"),
    Kind("eligibility", Stands.ANYWHERE, f"{_AUTHORIZATION}/roleEligibilityScheduleInstances"),
    Kind("activation", Stands.ANYWHERE, f"{_AUTHORIZATION}/roleAssignmentScheduleInstances"),
    Kind("request", Stands.ANYWHERE, f"{_AUTHORIZATION}/roleAssignmentScheduleRequests"),
    Kind("approval", Stands.ESTATE, f"{_AUTHORIZATION}/roleAssignmentApprovals"),
    Kind("role-policy", Stands.ANYWHERE, f"{_AUTHORIZATION}/roleManagementPolicies"),
    Kind("break-glass", Stands.ANYWHERE, "/providers/Mlestate.Organization/breakGlass"),
    Kind("webhook", Stands.ESTATE, "/providers/Mlestate.Organization/webhooks"),
    Kind("workspace", Stands.GROUP, f"{_ML}/workspaces"),
    Kind("storage-account", Stands.GROUP, "Microsoft.Storage/storageAccounts"),
    Kind("key-vault", Stands.GROUP, "Microsoft.KeyVault/vaults"),
    Kind("application-insights", Stands.GROUP, "Microsoft.Insights/components"),
    Kind("container-registry", Stands.GROUP, "Microsoft.ContainerRegistry/registries"),
    Kind("lock", Stands.GROUP, "Microsoft.Authorization/locks"),
    Kind("denial", Stands.GROUP, "Mlestate.Organization/denials"),
    Kind("compute", Stands.WORKSPACE, "computes"),
    Kind("datastore", Stands.WORKSPACE, "datastores"),
    Kind("job", Stands.WORKSPACE, "jobs"),
    Kind("model", Stands.WORKSPACE, "models", versioned=True),
    Kind("data", Stands.WORKSPACE, "data", versioned=True),
    Kind("environment", Stands.WORKSPACE, "environments", versioned=True),
    Kind("component", Stands.WORKSPACE, "components", versioned=True),
    Kind("code", Stands.WORKSPACE, "codes", versioned=True),
    Kind("connection", Stands.WORKSPACE, "connections"),
)


def kind(word: str) -> Kind:
    """By our word, its plural, the collection's name, or Azure's type; without case."""
    asked = word.lower()
    for each in KINDS:
        if asked in _words(each):
            return each
    if "." in asked and asked.count("/") == 1:
        return Kind(word, Stands.GROUP, word)  # a type of Azure that has no word here
    words = [each.word for each in KINDS]
    near = difflib.get_close_matches(asked, words, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(words)}"
    raise Invalid(f"unknown type `{word}`; {hint}")


def _words(kind: Kind) -> set[str]:
    collection = kind.path.rsplit("/", 1)[-1]
    types = {kind.path, kind.path.removeprefix("/providers/"), f"{_ML}/workspaces/{kind.path}"}
    if kind.versioned:
        types.add(f"{_ML}/workspaces/{kind.path}/versions")
    return {each.lower() for each in (kind.word, f"{kind.word}s", collection, *types)}
