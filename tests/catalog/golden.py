"""Request bodies as the official client sends them, and one of each type that it never PUTs."""

import json
from pathlib import Path
from typing import Any

from mlestate.catalog import by_name
from mlestate.catalog.workspaces import WORKSPACES
from mlestate.core import ids
from mlestate.core.resource_type import ResourceType

DATA = Path(__file__).parent / "data"
_FILE = json.loads((DATA / "golden_requests.json").read_text())
ACCEPTED: dict[str, dict[str, Any]] = _FILE["accepted"]
# Of a kind that is not supported.
REFUSED: dict[str, dict[str, Any]] = _FILE["refused"]
# Of a supported kind, and asks for what is not there: data imports, runs on the client's machine.
IMPOSSIBLE: dict[str, dict[str, Any]] = _FILE["impossible"]

SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-fraud-dev"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw-fraud-dev"
ROLE = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
PRINCIPAL = "22222222-2222-2222-2222-222222222222"
NAME = "33333333-3333-3333-3333-333333333333"
AUTHORIZATION = "providers/Microsoft.Authorization"

DENIED: dict[str, Any] = {
    "permissions": [
        {"actions": ["Microsoft.MachineLearningServices/workspaces/computes/*/write"]},
    ],
    "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
    "excludePrincipals": [{"id": PRINCIPAL, "type": "Group"}],
    "doNotApplyToChildScopes": False,
}
OTHERS: dict[str, dict[str, Any]] = {
    "region": {"id": "/providers/Mlestate.Organization/regions/westeurope", "body": {}},
    "shared view": {
        "id": f"{WORKSPACE}/providers/Mlestate.Organization/savedViews/open-runs",
        "body": {
            "properties": {
                "filter": "kind = 'run' and created > -7d",
                "facets": ["createdBy", "tags.stage"],
                "orderBy": "-created",
                "top": 50,
            }
        },
    },
    "own view": {
        "id": f"/providers/Mlestate.Organization/people/{PRINCIPAL}/savedViews/mine",
        "body": {"properties": {"words": "fraud", "kind": "model", "listViewType": "All"}},
    },
    "subscription": {"id": SUBSCRIPTION, "body": {"properties": {"displayName": "nonprod"}}},
    "group": {"id": GROUP, "body": {"location": "westeurope", "tags": {"owner": "a@b.c"}}},
    "storage": {
        "id": f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stfrauddev",
        "body": {
            "location": "westeurope",
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
            "properties": {"allowSharedKeyAccess": False, "accessTier": "Hot"},
        },
    },
    "vault": {
        "id": f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-fraud-dev",
        "body": {
            "location": "westeurope",
            "properties": {"sku": {"family": "A", "name": "standard"}, "accessPolicies": []},
        },
    },
    "insights": {
        "id": f"{GROUP}/providers/Microsoft.Insights/components/appi-fraud-dev",
        "body": {"location": "westeurope", "properties": {"Application_Type": "web"}},
    },
    "images": {
        "id": f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/crfrauddev",
        "body": {"location": "westeurope", "sku": {"name": "Basic"}, "properties": {}},
    },
    "logs": {
        "id": f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log-fraud-dev",
        "body": {"location": "westeurope", "properties": {"retentionInDays": 30}},
    },
    "convention": {
        "id": "/providers/Mlestate.Organization/namingConventions/models",
        "body": {
            "properties": {
                "name": "{project}-{words}",
                "tags": [{"name": "stage", "values": ["candidate", "champion"]}, {"name": "owner"}],
                "otherwise": "refuse",
            }
        },
    },
    "activity log": {
        "id": "/providers/Mlestate.Organization/activityLogs/default",
        "body": {"properties": {"keep": "P400D"}},
    },
    "webhook": {
        "id": "/providers/Mlestate.Organization/webhooks/hub",
        "body": {
            "properties": {
                "url": "https://hooks.example.com/mlestate?from=estate",
                "events": ["Microsoft.MachineLearningServices.*"],
                "scopes": [GROUP],
                "enabled": True,
            }
        },
    },
    "codes": {"id": f"{WORKSPACE}/codes/c1", "body": {"properties": {"isArchived": False}}},
    "data": {"id": f"{WORKSPACE}/data/d1", "body": {"properties": {"dataType": "mltable"}}},
    "models": {"id": f"{WORKSPACE}/models/m1", "body": {"properties": {"tags": {"a": "b"}}}},
    "environments": {"id": f"{WORKSPACE}/environments/e1", "body": {"properties": {}}},
    "components": {"id": f"{WORKSPACE}/components/c1", "body": {"properties": {}}},
    "definition": {
        "id": f"{SUBSCRIPTION}/{AUTHORIZATION}/roleDefinitions/{NAME}",
        "body": {
            "properties": {
                "roleName": "Trainer",
                "description": "trains",
                "type": "CustomRole",
                "permissions": [
                    {
                        "actions": ["Microsoft.MachineLearningServices/workspaces/*/read"],
                        "notActions": [],
                        "dataActions": [],
                        "notDataActions": [],
                    }
                ],
                "assignableScopes": [SUBSCRIPTION],
            }
        },
    },
    "applied": {
        "id": "/providers/Mlestate.Organization/appliedFiles/contoso",
        "body": {
            "properties": {
                "files": {"main": "schema: 1", "files": {"teams/a.yaml": "teams: {}"}},
                "state": "Applying",
                "before": {"main": "schema: 1 # before", "files": {}},
                "left": [{"id": GROUP, "type": "Microsoft.Resources/x", "key": "a/b/dev/r/group"}],
                "lease": {"id": "1", "holder": "somewhere", "seconds": 15},
            }
        },
    },
    "assignment": {
        "id": f"{GROUP}/{AUTHORIZATION}/roleAssignments/{NAME}",
        "body": {
            "properties": {
                "roleDefinitionId": f"{SUBSCRIPTION}/{AUTHORIZATION}/roleDefinitions/{ROLE}",
                "principalId": PRINCIPAL,
                "principalType": "User",
            }
        },
    },
    "role policy": {
        "id": f"{GROUP}/{AUTHORIZATION}/roleManagementPolicies/{NAME}",
        "body": {
            "properties": {
                "rules": [
                    {
                        "id": "Expiration_EndUser_Assignment",
                        "ruleType": "RoleManagementPolicyExpirationRule",
                        "isExpirationRequired": True,
                        "maximumDuration": "PT4H",
                    },
                    {
                        "id": "Enablement_EndUser_Assignment",
                        "ruleType": "RoleManagementPolicyEnablementRule",
                        "enabledRules": ["Justification"],
                    },
                    {
                        "id": "Approval_EndUser_Assignment",
                        "ruleType": "RoleManagementPolicyApprovalRule",
                        "setting": {
                            "isApprovalRequired": True,
                            "approvalStages": [
                                {
                                    "approvalStageTimeOutInDays": 1,
                                    "primaryApprovers": [{"userType": "Group", "id": PRINCIPAL}],
                                }
                            ],
                        },
                    },
                ]
            }
        },
    },
    "role policy assignment": {
        "id": f"{GROUP}/{AUTHORIZATION}/roleManagementPolicyAssignments/{NAME}_{ROLE}",
        "body": {
            "properties": {
                "roleDefinitionId": f"{SUBSCRIPTION}/{AUTHORIZATION}/roleDefinitions/{ROLE}",
                "policyId": f"{GROUP}/{AUTHORIZATION}/roleManagementPolicies/{NAME}",
            }
        },
    },
    "eligibility": {
        "id": f"{GROUP}/{AUTHORIZATION}/roleEligibilityScheduleRequests/{NAME}",
        "body": {
            "properties": {
                "roleDefinitionId": f"{SUBSCRIPTION}/{AUTHORIZATION}/roleDefinitions/{ROLE}",
                "principalId": PRINCIPAL,
                "requestType": "AdminAssign",
                "scheduleInfo": {"expiration": {"type": "NoExpiration"}},
            }
        },
    },
    "activation": {
        "id": f"{GROUP}/{AUTHORIZATION}/roleAssignmentScheduleRequests/{NAME}",
        "body": {
            "properties": {
                "roleDefinitionId": f"{SUBSCRIPTION}/{AUTHORIZATION}/roleDefinitions/{ROLE}",
                "principalId": PRINCIPAL,
                "requestType": "SelfActivate",
                "justification": "the nightly run failed",
                "ticketInfo": {"ticketNumber": "INC-1", "ticketSystem": "desk"},
                "scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": "PT2H"}},
            }
        },
    },
    "approval": {
        "id": f"/{AUTHORIZATION}/roleAssignmentApprovals/{NAME}",
        "body": {"properties": {}},
    },
    "approval stage": {
        "id": f"/{AUTHORIZATION}/roleAssignmentApprovals/{NAME}/stages/{NAME}",
        "body": {"properties": {"reviewResult": "Approve", "justification": "go ahead"}},
    },
    "break glass": {
        "id": f"{GROUP}/providers/Mlestate.Organization/breakGlass/{NAME}",
        "body": {
            "properties": {
                "roleDefinitionId": f"{SUBSCRIPTION}/{AUTHORIZATION}/roleDefinitions/{ROLE}",
                "principalId": PRINCIPAL,
                "maximumDuration": "PT1H",
            }
        },
    },
    "management group": {
        "id": "/providers/Microsoft.Management/managementGroups/estate",
        "body": {"properties": {"displayName": "Contoso"}},
    },
    "denial": {
        "id": f"{GROUP}/providers/Mlestate.Organization/denials/keep-computes",
        "body": {"properties": {**DENIED, "description": "computes are IT's"}},
    },
    "deny assignment": {
        "id": f"{GROUP}/{AUTHORIZATION}/denyAssignments/{NAME}",
        "body": {"properties": {**DENIED, "denyAssignmentName": "keep-computes"}},
    },
    "lock": {
        "id": f"{WORKSPACE}/{AUTHORIZATION}/locks/keep",
        "body": {
            "properties": {
                "level": "CanNotDelete",
                "notes": "production",
                "owners": [{"applicationId": NAME}],
            }
        },
    },
}
EVERY = {**ACCEPTED, **OTHERS}


def kind_of(id: str) -> ResourceType:
    return by_name()[ids.parse(id).type.lower()]


def located(kind: ResourceType, body: dict[str, Any]) -> dict[str, Any]:
    """The body with what the client's templates add: a region, and a workspace's storage."""
    if kind.name == WORKSPACES.name:
        storage = {"storageAccount": OTHERS["storage"]["id"]}
        body = {**body, "properties": {**storage, **(body.get("properties") or {})}}
    return {"location": "westeurope", **body} if kind.tracked else body
