"""What becomes of each place that names a principal, once the principal is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import inspect

from mlestate.catalog import CATALOG
from mlestate.core.resource_type import ResourceType

# The resource goes; the place in a list is left out; what was done stays said; and what names
# somebody of Azure's, who is nobody here, is kept as it was written.
GOES, LEFT_OUT, SAID, KEPT = "goes", "left out", "said", "kept"

_WORDS = re.compile(
    r"principal(?!Type)|approver|requestor|sponsor|parties|owner|user(?!Type)|objectId|clientId"
    r"|applicationId|identit|(?:reviewed|assigned)(?:By|To)$|decision",
    re.I,
)
_AUTHORIZATION = "Microsoft.Authorization"
_ML = "Microsoft.MachineLearningServices/workspaces"
_ONE = ".properties.principalId"

RULES: dict[str, dict[str, str]] = {
    GOES: {
        f"{_AUTHORIZATION}/roleAssignments {_ONE}": "",
        f"{_AUTHORIZATION}/roleEligibilityScheduleRequests {_ONE}": "",
        f"{_AUTHORIZATION}/roleAssignmentScheduleRequests {_ONE}": "",
        f"Mlestate.Organization/breakGlass {_ONE}": "",
        f"{_AUTHORIZATION}/roleAssignmentApprovals .properties.requestorId": "with the request",
    },
    LEFT_OUT: {
        "Mlestate.Organization/denials .properties.principals[].id": "it goes with the last",
        "Mlestate.Organization/denials .properties.excludePrincipals[].id": "",
        f"{_AUTHORIZATION}/denyAssignments .properties.principals[].id": "it goes with the last",
        f"{_AUTHORIZATION}/denyAssignments .properties.excludePrincipals[].id": "",
        f"{_AUTHORIZATION}/roleManagementPolicies .properties.rules[].setting.approvalStages[]"
        ".primaryApprovers[].id": "after the last, nobody activates the role",
        f"{_AUTHORIZATION}/roleAssignmentApprovals .properties.approvers[]": "and it is closed",
        f"{_AUTHORIZATION}/roleAssignmentApprovals .properties.parties[]": "",
        f"{_AUTHORIZATION}/roleAssignmentApprovals/stages .properties.approvers[]": "",
        f"{_AUTHORIZATION}/roleAssignmentApprovals/stages .properties.parties[]": "",
        f"{_AUTHORIZATION}/roleAssignmentScheduleRequests .properties.parties[]": "",
    },
    SAID: {
        f"{_AUTHORIZATION}/roleEligibilityScheduleRequests .properties.requestorId": "who made it",
        f"{_AUTHORIZATION}/roleAssignmentScheduleRequests .properties.requestorId": "who made it",
        f"{_AUTHORIZATION}/roleAssignmentScheduleRequests .properties.decision.by.principalId": "",
        f"{_AUTHORIZATION}/roleAssignmentApprovals .properties.requestor": "a name",
        f"{_AUTHORIZATION}/roleAssignmentApprovals/stages .properties.requestorId": "",
        # Worked out for whoever looks.
        f"{_AUTHORIZATION}/roleAssignmentApprovals/stages .properties.assignedToMe": "",
        f"{_AUTHORIZATION}/roleAssignmentApprovals/stages .properties.reviewedBy.principalId": "",
        "activity.principal": "the record of what was done",
        "activity.resource": "",
        "activity.about": "",
        "operations.principal": "who asked for slow work, for a week",
        "resources.created_id": "who made a thing",
        "resources.modified_id": "",
    },
    KEPT: {
        # No program logs in as one of these, and nothing is read or opened by them.
        f"{_ML} .properties.encryption.keyVaultProperties.identityClientId": "",
        f"{_ML} .properties.primaryUserAssignedIdentity": "",
        f"{_ML}/computes .properties.properties.administratorAccount.username": "of a machine",
        f"{_ML}/computes .properties.properties.extensionPrincipalId": "",
        f"{_ML}/computes .properties.properties.userAccountCredentials.adminUserName": "",
        f"{_ML}/computes .properties.properties.userAccountCredentials.adminUserPassword": "",
        f"{_ML}/computes .properties.properties.userAccountCredentials.adminUserSshPublicKey": "",
        f"{_ML}/datastores .properties.credentials.clientId": "",
        f"{_ML}/jobs .properties.identity.clientId": "",
        f"{_ML}/jobs .properties.identity.objectId": "",
        f"{_ML}/jobs .properties.identity.resourceId": "",
        f"{_ML}/connections .properties.sharedUserList[]": "rights are by roles alone",
        f"{_AUTHORIZATION}/roleManagementPolicies .properties.rules[].setting.approvalStages[]"
        ".primaryApprovers[].description": "a note",
        f"{_AUTHORIZATION}/roleEligibilityScheduleRequests .properties.parties": "never written",
        "Microsoft.Insights/components .properties.ApplicationId": "of the thing itself",
        f"{_AUTHORIZATION}/locks .properties.owners[].applicationId": "a note",
    },
}


def rule_of(place: str) -> str:
    return next((rule for rule, places in RULES.items() if place in places), "")


def named() -> Iterator[str]:
    """Every place of the catalog that could name a principal, by how it is called. Of what the
    server alone writes there is the field, and not what is in it."""
    for kind in CATALOG:
        for path in _texts(kind):
            if _WORDS.search(path):
                yield f"{kind.name} .properties{path}"


def has_rule(place: str) -> bool:
    return any(
        known == place or known.startswith((f"{place}.", f"{place}["))
        for places in RULES.values()
        for known in places
    )


def _texts(kind: ResourceType) -> Iterator[str]:
    said = inspect.type_info(kind.properties)
    yield from _leaves(said, "", ())
    known = {field.encode_name for field in getattr(said, "fields", ())}
    yield from (f".{field}" for field in kind.read_only if field not in known)


def _leaves(said: inspect.Type, at: str, above: tuple[type, ...]) -> Iterator[str]:
    match said:
        case inspect.StructType() if said.cls not in above:
            for field in said.fields:
                below = f"{at}.{field.encode_name}"
                yield from _leaves(field.type, below, (*above, said.cls))
        case inspect.UnionType():
            for each in said.types:
                yield from _leaves(each, at, above)
        case inspect.ListType():
            yield from _leaves(said.item_type, f"{at}[]", above)
        case inspect.DictType():
            yield from _leaves(said.value_type, f"{at}.*", above)
        case inspect.StrType():
            yield at
