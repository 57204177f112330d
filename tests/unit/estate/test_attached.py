"""Storage, machines and vaults that are there already, from the file to what is put."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.core.errors import Invalid
from mlestate.estate.compile import compile_estate
from mlestate.estate.desired import Desired
from mlestate.estate.load import load
from mlestate.estate.planning.graph import dependencies
from mlestate.estate.planning.plan import plan
from tests.estates import Memory, broken, small

IDS = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg-it/providers"
AKS = f"{IDS}/Microsoft.ContainerService/managedClusters/aks1"
LAKE = f"{IDS}/Microsoft.Storage/storageAccounts/stlake"
VAULT = f"{IDS}/Microsoft.KeyVault/vaults/kv-shared"


def made(dev: str, prod: str = "live: [engineer], ") -> dict[str, Desired]:
    """What becomes of a small estate with more said of its environments, by short addresses."""
    estate = small(
        ("    subscription: one\n", f"    subscription: one\n{dev}"),
        ("prod: {subscription: one, ", f"prod: {{{prod}subscription: one, "),
    )
    return {
        each.id.partition("/resourceGroups/")[2].replace("providers/", ""): each
        for each in compile_estate(estate)
    }


def of(found: dict[str, Desired], tail: str) -> Any:
    [one] = [each for key, each in found.items() if key.endswith(tail)]
    return one.body


def datastore(found: dict[str, Desired], name: str, workspace: str = "mlw-fraud-dev") -> Any:
    return of(found, f"/{workspace}/datastores/{name}")["properties"]


class TestDatastores:
    def test_storage_of_the_estate_is_named_by_its_place(self):
        found = made("    datastores: {sales: {blob: {account: fraud/prod, container: sales}}}\n")
        account = next(k for k in found if "storageAccounts/stfraudprod" in k).rpartition("/")[2]
        assert datastore(found, "sales") == {
            "datastoreType": "AzureBlob",
            "accountName": account,
            "subscriptionId": "11111111-1111-1111-1111-111111111111",
            "resourceGroup": "rg-fraud-prod",
            "containerName": "sales",
            "credentials": {"credentialsType": "None"},
            "tags": {"access": "read"},
        }

    def test_it_is_made_after_the_account(self):
        found = made("    datastores: {sales: {blob: {account: fraud/prod, container: sales}}}\n")
        needs = dependencies(list(found.values()))
        [store] = [id for id in needs if id.endswith("/datastores/sales")]
        assert any("/storageaccounts/stfraudprod" in id for id in needs[store])

    @pytest.mark.parametrize(
        ("said", "kind", "place"),
        [
            ("blob: {account: stsales, container: raw}", "AzureBlob", {"containerName": "raw"}),
            (
                f"adlsGen2: {{account: {LAKE}, filesystem: raw}}",
                "AzureDataLakeGen2",
                {"filesystem": "raw", "accountName": "stlake", "resourceGroup": "rg-it"},
            ),
            ("file: {account: stsales, share: raw}", "AzureFile", {"fileShareName": "raw"}),
            ("adlsGen1: {store: old}", "AzureDataLakeGen1", {"storeName": "old"}),
            (
                "oneLake: {workspace: sales, lakehouse: raw}",
                "OneLake",
                {"artifact": {"artifactType": "LakeHouse", "artifactName": "raw"}},
            ),
        ],
    )
    def test_every_kind_of_storage_is_attached(self, said: str, kind: str, place: dict[str, Any]):
        found = datastore(made(f"    datastores: {{raw: {{{said}}}}}\n"), "raw")
        assert found["datastoreType"] == kind
        assert found | place == found

    def test_access_is_read_unless_said_and_live_is_passed_on(self):
        blob = "blob: {account: stsales, container: raw}"
        found = made(
            f"    datastores: {{a: {{{blob}, access: write}}, b: {{{blob}, live: true}}}}\n"
        )
        assert datastore(found, "a")["tags"] == {"access": "write"}
        assert datastore(found, "b")["tags"] == {"access": "read", "live": "true"}

    def test_a_narrower_layer_takes_one_away_or_opens_it(self):
        blob = "blob: {account: stsales, container: raw}"
        text = broken(
            ("environments:\n", f"defaults: {{datastores: {{raw: {{{blob}}}}}}}\nenvironments:\n"),
            (
                "fraud: {",
                "fraud: {overrides: {dev: {datastores: {raw: {access: none}}},"
                " prod: {datastores: {raw: {access: write}}}}, ",
            ),
        )
        found = {each.id: each.body for each in compile_estate(load(text))}
        [id] = [id for id in found if id.endswith("/datastores/raw")]
        assert "mlw-fraud-prod" in id
        assert found[id]["properties"]["tags"] == {"access": "write"}

    def test_the_address_that_a_server_shows_is_no_change(self):
        port = Memory()
        estate = small(
            (
                "    subscription: one\n",
                "    subscription: one\n"
                "    datastores: {raw: {blob: {account: stsales, container: raw}}}\n",
            )
        )
        for each in compile_estate(estate):
            port.put(each.id, each.body)
        [key] = [key for key in port.documents if key.endswith("/datastores/raw")]
        port.documents[key]["properties"]["accountName"] = "localhost:8443/_blob/stsales"
        assert plan(compile_estate(estate), port).changes == []


class TestLive:
    def test_every_storage_account_says_whether_it_is(self):
        found = made("")
        accounts = {k: each for k, each in found.items() if each.type.endswith("/storageAccounts")}
        assert {key.split("/")[0]: one.body["tags"]["live"] for key, one in accounts.items()} == {
            "rg-fraud-dev": "false",
            "rg-fraud-prod": "true",
        }

    def test_nothing_else_has_the_tag(self):
        for key, each in made("").items():
            assert "/storageAccounts/" in key or "live" not in each.body.get("tags", {})


class TestComputes:
    @pytest.mark.parametrize(
        ("said", "properties"),
        [
            (
                f"kubernetes: {AKS}, namespace: ml",
                {
                    "computeType": "Kubernetes",
                    "resourceId": AKS,
                    "properties": {"namespace": "ml"},
                },
            ),
            (
                f"virtualMachine: {IDS}/Microsoft.Compute/virtualMachines/vm1",
                {"computeType": "VirtualMachine", "properties": {}},
            ),
            (
                f"databricks: {IDS}/Microsoft.Databricks/workspaces/dbx",
                {"computeType": "Databricks", "properties": {}},
            ),
            (
                'ray: "ray://head.example:10001"',
                {"computeType": "Ray", "properties": {"address": "ray://head.example:10001"}},
            ),
        ],
    )
    def test_what_is_there_already_is_attached(self, said: str, properties: dict[str, Any]):
        found = made("", f"computes: {{box: {{{said}}}}}, ")
        one = of(found, "/mlw-fraud-prod/computes/box")["properties"]
        assert one | properties == one

    def test_a_narrower_layer_takes_one_away(self):
        text = broken(
            (
                "environments:\n",
                f"defaults: {{computes: {{aks: {{kubernetes: {AKS}}}}}}}\nenvironments:\n",
            ),
            ("fraud: {", "fraud: {overrides: {prod: {computes: {aks: {max: 0}}}}, "),
        )
        found = [
            each.id for each in compile_estate(load(text)) if each.id.endswith("/computes/aks")
        ]
        assert [("dev" in id, "prod" in id) for id in found] == [(True, False)]


class TestKeyVault:
    def test_an_existing_vault_takes_the_place_of_an_own_one(self):
        found = made(f"    keyVault: {VAULT}\n")
        assert of(found, "/workspaces/mlw-fraud-dev")["properties"]["keyVault"] == VAULT
        assert [key for key in found if "/vaults/" in key and "rg-fraud-dev" in key] == []

    def test_the_vault_of_another_workspace_is_shared(self):
        found = made("    keyVault: fraud/prod\n")
        vault = of(found, "/workspaces/mlw-fraud-dev")["properties"]["keyVault"]
        assert vault == of(found, "/workspaces/mlw-fraud-prod")["properties"]["keyVault"]


FAULTS = [
    ("datastores: {raw: {}}", "datastore `raw` points nowhere: write one of `blob`"),
    (
        "datastores: {raw: {adlsGen1: {store: s}, file: {account: st1, share: raw}}}",
        "datastore `raw` points at `file` and `adlsGen1`: write",
    ),
    (
        "datastores: {raw: {blob: {account: fraud/prd, container: raw}}}",
        "there is no workspace `fraud/prd`; did you mean `fraud/prod`?",
    ),
    (
        "datastores: {raw: {blob: {account: fraud/prod, container: raw}, live: true}}",
        "is of this estate: whether it is live, environment `prod` says",
    ),
    (
        "datastores: {raw: {blob: {account: St_1, container: raw}}}",
        "`St_1` cannot be a storage account",
    ),
    (
        "datastores: {raw: {blob: {account: st1, container: R}}}",
        "`R` cannot be a container",
    ),
    (
        f"datastores: {{raw: {{blob: {{account: {AKS}, container: raw}}}}}}",
        "one of type `Microsoft.Storage/storageAccounts` is wanted",
    ),
    ("datastores: {Raw: {adlsGen1: {store: s}}}", "`Raw` cannot be a datastore"),
    (
        "datastores: {workspaceblobstore: {adlsGen1: {store: s}}}",
        "`workspaceblobstore` is there from a workspace's birth",
    ),
    ("datastores: {raw: {blob: {acount: st1}}}", "unknown key `acount`; did you mean `account`?"),
    (
        "datastores: {raw: {adlsGen1: {store: s}, access: all}}",
        "`all` is not known here: write `read` or `write` or `none`",
    ),
    (f"computes: {{box: {{kubernetes: {LAKE}}}}}", "is a `Microsoft.Storage/storageAccounts`"),
    ("computes: {box: {ray: head}}", "`head` is no address of a Ray cluster: write ray://HOST"),
    (f"computes: {{box: {{kubernetes: {AKS}, max: 3}}}}", "`box` is attached: `max` would be of a"),
    (
        f'computes: {{box: {{kubernetes: {AKS}, ray: "ray://h:1"}}}}',
        "compute `box` is `kubernetes` and `ray`: keep one of them",
    ),
    ("computes: {box: {ray: 'ray://h:1', namespace: ml}}", "`namespace` is of `kubernetes` alone"),
    (
        f"computes: {{a-very-long-name-1: {{kubernetes: {AKS}}}}}",
        "an attached compute's name has at most 16",
    ),
    ("keyVault: kv-shared", "`kv-shared` is no id: write one of type Microsoft.KeyVault/vaults"),
    ("keyVault: fraud/dev", "`fraud/dev` has no vault of its own"),
    (f"lock: [keyvault]\n    keyVault: {VAULT}", "is none of its own to lock"),
    ("keyVault: fraud/tset", "there is no workspace `fraud/tset`"),
]


@pytest.mark.parametrize(("said", "words"), FAULTS)
def test_a_pointer_that_leads_nowhere_is_shown_where_it_stands(said: str, words: str):
    text = broken(("    computes: {cpu: {size: Standard_DS3_v2, max: 2}}", f"    {said}"))
    with pytest.raises(Invalid) as caught:
        load(text, "e.yaml")
    [fault] = [fault for each in caught.value.details if words in (fault := str(each))]
    assert fault.startswith("e.yaml:11:")


def test_a_convention_that_the_files_own_datastores_break_is_told():
    datastore = "    datastores: {raw: {adlsGen1: {store: s}}}\n"
    text = broken(("    subscription: one\n", f"    subscription: one\n{datastore}"))
    kept = 'conventions:\n  datastores: {name: "{words}", allowedTags: {owner: any}}\n'
    assert load(text + kept)
    named = 'conventions:\n  datastores: {name: "{project}_{words}"}\n'
    with pytest.raises(Invalid) as caught:
        load(text + named, "e.yaml")
    assert "`raw` is no name for a datastore here" in str(caught.value.details[0])
