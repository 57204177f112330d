"""What an estate file asks for, as resources."""

from __future__ import annotations

import json

import pytest

from mlestate.core import roles
from mlestate.estate.compile import compile_estate
from mlestate.estate.desired import Desired
from mlestate.estate.load import load
from mlestate.estate.spec import Estate
from tests.estates import CONTOSO, small

ML = "providers/Microsoft.MachineLearningServices/workspaces"
DEV = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-fraud-dev"
PROD = DEV.replace("-dev", "-prod")


def compiled(estate: Estate) -> dict[str, Desired]:
    return {each.id: each for each in compile_estate(estate)}


def contoso() -> dict[str, Desired]:
    return compiled(load(CONTOSO.read_text()))


def grants(desired: dict[str, Desired], group: str) -> set[tuple[str, str]]:
    """The roles of a group, with the last part of the scope they are given at."""
    principal = desired[f"/estate/v1/groups/{group}"].body["objectId"]
    return {
        (_role(desired, each), each.id.split("/providers/Microsoft.Authorization")[0])
        for each in desired.values()
        if each.type.endswith("roleAssignments")
        and each.body["properties"]["principalId"] == principal
    }


def _role(desired: dict[str, Desired], assignment: Desired) -> str:
    definition = assignment.body["properties"]["roleDefinitionId"]
    if role := roles.by_id(definition):
        return role.name
    return desired[definition].body["properties"]["roleName"]


def test_a_workspace_stands_beside_what_belongs_to_it():
    desired = compiled(small())
    workspace = desired[f"{PROD}/{ML}/mlw-fraud-prod"]
    properties = workspace.body["properties"]
    for key in ("storageAccount", "keyVault", "applicationInsights", "containerRegistry"):
        assert properties[key] in desired
    assert desired[properties["storageAccount"]].body["properties"] == {
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
    }
    assert properties["systemDatastoresAuthMode"] == "Identity"


def test_an_environment_without_a_registry_or_identities_states_neither():
    properties = compiled(small())[f"{DEV}/{ML}/mlw-fraud-dev"].body["properties"]
    assert "containerRegistry" not in properties
    assert "systemDatastoresAuthMode" not in properties


def test_clusters_begin_with_no_nodes():
    compute = compiled(small())[f"{DEV}/{ML}/mlw-fraud-dev/computes/cpu"]
    assert compute.body["properties"]["properties"] == {
        "vmSize": "Standard_DS3_v2",
        "scaleSettings": {
            "minNodeCount": 0,
            "maxNodeCount": 2,
            "nodeIdleTimeBeforeScaleDown": "PT120S",
        },
    }


def test_tags_come_from_everywhere_above():
    tags = compiled(small())[f"{DEV}/{ML}/mlw-fraud-dev/computes/cpu"].body["tags"]
    assert tags == {
        "costcenter": "55332",
        "owner": "science",
        "project": "fraud",
        "division": "claims",
        "environment": "dev",
    }


def test_without_inheritance_only_groups_and_workspaces_are_tagged():
    desired = compiled(small(("require:", "inherit: false, require:")))
    tagged = {
        each.type.rsplit("/", 1)[-1]
        for each in desired.values()
        if set(each.body.get("tags", {})) - {"live"}
    }
    assert tagged == {"resourceGroups", "workspaces"}


def test_each_role_is_given_at_the_narrowest_scope_that_serves_it():
    desired = compiled(small())
    workspace = desired[f"{PROD}/{ML}/mlw-fraud-prod"]
    assert grants(desired, "sg-ml-fraud-engineer-prod") == {
        ("mlops", workspace.id),
        ("Storage Blob Data Reader", workspace.body["properties"]["storageAccount"]),
    }
    assert grants(desired, "sg-ml-fraud-engineer-dev") == {("Contributor", DEV)}


BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
READ = "actions: [Microsoft.MachineLearningServices/workspaces/*/read]"
VAULT = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
SHARES = "Microsoft.Storage/storageAccounts/listKeys/action"


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        (f"{READ}, dataActions: [{BLOBS}]", ["workspace", "storageAccount"]),
        (f"dataActions: [{BLOBS}]", ["storageAccount"]),
        (f"actions: [{SHARES}], dataActions: [{BLOBS}, {VAULT}]", ["storageAccount", "keyVault"]),
        (f"{READ[:-1]}, Microsoft.Insights/components/read]", ["workspace", "applicationInsights"]),
        (f"{READ[:-1]}, Microsoft.Resources/deployments/write], dataActions: [{BLOBS}]", ["group"]),
        (
            f"{READ}, dataActions: ['*/read']",
            ["workspace", "storageAccount", "keyVault", "containerRegistry"],
        ),
    ],
)
@pytest.mark.parametrize("how", ["mlops", "{eligible: mlops}"])
def test_a_custom_role_is_given_wherever_it_has_something_to_do(
    said: str, kinds: list[str], how: str
):
    desired = compiled(small(("{" + READ + "}", "{" + said + "}"), ("[mlops, ", f"[{how}, ")))
    workspace = desired[f"{PROD}/{ML}/mlw-fraud-prod"]
    places = {"workspace": workspace.id, "group": PROD, **workspace.body["properties"]}
    definition = next(each.id for each in desired.values() if each.type.endswith("roleDefinitions"))
    given = [
        each
        for each in desired.values()
        if each.body.get("properties", {}).get("roleDefinitionId") == definition
        and "principalId" in each.body["properties"]
    ]
    scopes = {each.id.rpartition("/providers/Microsoft.Authorization/")[0] for each in given}
    assert scopes == {places[kind] for kind in kinds}
    assert len({each.key for each in given}) == len(kinds), "one is taken for another that moved"


def test_a_role_on_what_a_workspace_has_not_is_not_given_for_that():
    both = READ[:-1] + ", Microsoft.ContainerRegistry/registries/read]"
    text = (f"{{{READ}}}", f"{{{both}}}"), ("dev: Contributor", "dev: mlops")
    desired = compiled(small(*text))
    assert grants(desired, "sg-ml-fraud-engineer-dev") == {
        ("mlops", f"{DEV}/{ML}/mlw-fraud-dev"),
    }


def test_nobody_is_given_a_role_directly():
    for desired in (compiled(small()), contoso()):
        kinds = {
            each.body["properties"]["principalType"]
            for each in desired.values()
            if each.type.endswith("roleAssignments")
        }
        assert kinds == {"Group"}


def test_no_entry_is_no_access():
    desired = compiled(small())
    assert "/estate/v1/groups/sg-ml-fraud-scientist-dev" in desired
    assert "/estate/v1/groups/sg-ml-fraud-scientist-prod" not in desired


def test_contosos_data_scientists_have_nothing_in_production():
    desired = contoso()
    reach = {
        group: {role for role, _ in grants(desired, group)}
        for group in (each.rsplit("/", 1)[-1] for each in desired if "data-scientist" in each)
    }
    assert reach == {
        "sg-ml-rnd-data-scientist-explore": {"AzureML Data Scientist"},
        **{
            f"sg-ml-{project}-data-scientist-{environment}": {role}
            for project in ("fraud", "triage", "churn")
            for environment, role in (("dev", "AzureML Data Scientist"), ("qa", "Reader"))
        },
    }


def test_who_opens_production_blobs_is_said_by_a_role_on_the_storage_alone():
    given = {
        (group, role, scope.split("/")[-2])
        for group in ("sg-ml-churn-release-prod", "sg-ml-churn-ml-engineer-prod")
        for role, scope in grants(contoso(), group)
    }
    assert given == {
        ("sg-ml-churn-release-prod", "mlops", "workspaces"),
        ("sg-ml-churn-release-prod", "Storage Blob Data Contributor", "storageAccounts"),
        ("sg-ml-churn-ml-engineer-prod", "mlops", "workspaces"),
        ("sg-ml-churn-ml-engineer-prod", "Storage Blob Data Reader", "storageAccounts"),
    }


def test_contosos_administrators_hold_whole_subscriptions():
    desired = contoso()
    nonprod, prod = (each for each in desired if each.count("/") == 2)
    assert grants(desired, "sg-ml-contoso-platform-dev") == {("Owner", nonprod)}
    assert grants(desired, "sg-ml-contoso-platform-prod") == {
        ("Contributor", prod),
        ("User Access Administrator", prod),
    }
    members = desired["/estate/v1/groups/sg-ml-contoso-platform-prod"].body["members"]
    assert members == ["it-admins"]


def test_projects_of_a_division_may_share_one_workspace():
    desired = compiled(
        small(
            ("workspacePer: project", "workspacePer: division"),
            ("      fraud:", "      churn: {members: {scientist: ana}}\n      fraud:"),
        )
    )
    workspaces = [each for each in desired if each.endswith("/mlw-claims-dev")]
    assert len(workspaces) == 1
    for project in ("fraud", "churn"):
        assert grants(desired, f"sg-ml-{project}-scientist-dev") == {
            ("AzureML Data Scientist", workspaces[0])
        }


def test_a_team_has_the_workspace_of_its_projects():
    desired = compiled(
        small(
            ("workspacePer: project", "workspacePer: team"),
            (
                "    projects:\n      fraud: {",
                "    teams: {fight: {}, pricing: {}}\n    projects:\n"
                "      lapse: {team: fight}\n      fraud: {team: fight, ",
            ),
        )
    )
    names = {
        each.id.rsplit("/", 1)[-1] for each in desired.values() if each.type.endswith("/workspaces")
    }
    assert names == {
        f"mlw-{team}-{env}" for team in ("pricing", "fight") for env in ("dev", "prod")
    }


def test_a_custom_role_is_assignable_in_every_subscription():
    role = next(each for each in contoso().values() if each.type.endswith("roleDefinitions"))
    assert role.body["properties"]["roleName"] == "mlops"
    assert len(role.body["properties"]["assignableScopes"]) == 2
    assert role.id.startswith(role.body["properties"]["assignableScopes"][0] + "/providers/")


def test_bodies_are_plain_json():
    for each in contoso().values():
        assert json.loads(json.dumps(each.body)) is not None
