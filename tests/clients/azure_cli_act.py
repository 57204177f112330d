"""More of the Azure CLI, all commands in one process: people, tags, blobs, and what is refused and
how that looks. Wants what `azure_cli.sh` wants, and its login."""

from __future__ import annotations

import io
import json
import logging
import os
import shlex
import uuid
from pathlib import Path
from typing import Any

from azure.cli.core import get_default_cli

CLI = get_default_cli()
SUBSCRIPTION = "6b1f6d1e-52a4-4a0e-9f0c-2a4c7c1d0001"
HERE = f"/subscriptions/{SUBSCRIPTION}"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"


def az(line: str) -> Any:
    """What a command answers; it must succeed."""
    out = io.StringIO()
    code = CLI.invoke([*shlex.split(line), "-o", "json"], out_file=out)
    assert code == 0, f"az {line}: {CLI.result.error}"
    return json.loads(out.getvalue() or "null")


def refused(line: str, words: str) -> None:
    """What the user reads of it has these words."""
    told: list[str] = []
    listener = logging.Handler()
    listener.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("cli").addHandler(listener)
    try:
        code = CLI.invoke(shlex.split(line), out_file=io.StringIO())
        told.append(str(CLI.result.error))
    except SystemExit as end:  # as `show` ends where there is nothing
        code = end.code
    finally:
        logging.getLogger("cli").removeHandler(listener)
    assert code != 0, f"az {line} is done"
    assert words in "\n".join(told), f"az {line}: {told}"


def account() -> None:
    assert [one["name"] for one in az("account list-locations")] == ["westeurope"]
    assert az("account get-access-token")["tokenType"] == "Bearer"
    assert az("account show")["tenantId"] == os.environ["TENANT"]
    az("account set -s prod")
    assert "rg-fraud-prod" in [one["name"] for one in az("group list")]
    az("account set -s nonprod")


def people() -> None:
    names = [one["userPrincipalName"] for one in az("ad user list")]
    assert names == [f"{name}@mlestate.local" for name in ("ana", "ben", "mia", "pat")]
    pat = az("ad user show --id pat@mlestate.local")
    assert pat["displayName"] == "Pat Novak"
    group = "'IT administration'"
    assert [one["id"] for one in az(f"ad group member list -g {group}")] == [pat["id"]]
    assert az(f"ad group member check -g {group} --member-id {pat['id']}") == {"value": True}
    held = az("ad user get-member-groups --id pat@mlestate.local")
    assert "IT administration" in [one["displayName"] for one in held]
    assert az("ad sp show --id release-bot")["displayName"] == "Release automation"
    refused("ad signed-in-user show", "/me is for people")
    refused("ad user show --id nobody@mlestate.local", "does not exist")
    refused("ad user list --filter \"surname eq 'x'\"", "has `surname`")
    refused("ad group create --display-name x --mail-nickname x", "in the estate's file")


def tags() -> None:
    az("group create -n rg-tags -l westeurope --tags owner=az")
    group = f"{HERE}/resourceGroups/rg-tags"
    merged = az(f"tag update --resource-id {group} --operation merge --tags a=1 OWNER=you")
    assert merged["properties"]["tags"] == {"OWNER": "you", "a": "1"}
    assert az(f"tag create --resource-id {group} --tags b=2")["properties"]["tags"] == {"b": "2"}
    assert "b" in [one["tagName"] for one in az("tag list")]
    refused(f"tag create --resource-id {group} --tags x=1 X=2", "is the same name as")
    refused(f"tag create --resource-id {group} --tags a%b=2", "the name may not have")
    refused("tag create -n alone", "names of tags are not made by themselves")
    refused(
        f"tag create --resource-id {group}/providers/Microsoft.Authorization/locks/x --tags a=1",
        "is nothing that has tags",
    )
    az(f"tag delete --resource-id {group} -y")
    assert az("group show -n rg-tags")["tags"] == {}
    refused("group show -n rg-nowhere", "Resource group `rg-nowhere` was not found")
    assert az("group exists -n rg-nowhere") is False
    workspace = az("resource list --name mlw-fraud-dev")[0]["id"]
    shown = az(f"tag list --resource-id {workspace}")["properties"]["tags"]
    assert shown["project"] == "fraud"


def resources() -> None:
    kind = "Microsoft.Storage/storageAccounts"
    made = az(f"resource create -g rg-tags -n stbyaz --resource-type {kind} --properties {{}}")
    assert made["location"] == "westeurope"
    assert [one["name"] for one in az(f"resource list --resource-type {kind} -g rg-tags")] == [
        "stbyaz"
    ]
    assert az("resource list -g rg-tags --location northeurope") == []
    az(f"resource delete -g rg-tags -n stbyaz --resource-type {kind}")
    names = [one["namespace"] for one in az("provider list")]
    assert "Microsoft.MachineLearningServices" in names
    az("provider register -n Microsoft.Storage")
    refused(f"resource show -g rg-tags -n no --resource-type {kind}", "(ResourceNotFound)")
    vm = "Microsoft.Compute/virtualMachines"
    refused(f"resource show -g rg-tags -n no --resource-type {vm}", "(InvalidResourceNamespace)")
    refused("group create -n rg-mars -l mars", "`mars` is no region of Azure")
    refused("group create -n 'bad name!' -l westeurope", "is not a valid name")
    refused("group create -n rg-tags -l northeurope", "(InvalidResourceLocation)")
    refused("group delete -n rg-nowhere -y", "(ResourceGroupNotFound)")
    refused("deployment group list -g rg-tags", "Template deployments")
    az("group delete -n rg-tags -y --no-wait")
    az("group wait -n rg-tags --deleted --interval 1")


def accounts() -> None:
    """From a name that is free to one that is taken, with all that is changed in between."""
    az("group create -n rg-accounts -l westeurope")
    assert az("storage account check-name -n stmadebyaz")["nameAvailable"] is True
    assert az("acr check-name -n crmadebyaz")["nameAvailable"] is True
    one = "-g rg-accounts -n stmadebyaz"
    made = az(f"storage account create {one} --sku Premium_LRS")
    assert made["sku"] == {"name": "Premium_LRS", "tier": "Premium"}
    assert made["encryption"]["keySource"] == "Microsoft.Storage"
    taken = az("storage account check-name -n stmadebyaz")
    assert (taken["nameAvailable"], taken["reason"]) == (False, "AlreadyExists")
    assert az("storage account check-name -n Up")["reason"] == "AccountNameInvalid"
    az(f"storage account update {one} --tags x=y")
    assert az(f"storage account update {one} --allow-shared-key-access true")["tags"] == {"x": "y"}
    rules = az("storage account network-rule list -g rg-accounts --account-name stmadebyaz")
    assert rules["ipRules"] == []
    before = az(f"storage account keys list {one}")
    after = az(f"storage account keys renew {one} --key primary")
    assert [key["keyName"] for key in after] == ["key1", "key2"]
    assert after[0]["value"] != before[0]["value"]
    assert after[1]["value"] == before[1]["value"]
    place = "-g rg-accounts --storage-account stmadebyaz"
    assert az(f"storage container-rm list {place}") == []
    assert az(f"storage container-rm exists {place} -n quoll") == {"exists": False}
    refused(f"storage container-rm create {place} -n quoll", "by the blob protocol")
    service = "storage account blob-service-properties show -g rg-accounts -n stmadebyaz"
    assert az(service)["name"] == "default"
    az("group delete -n rg-accounts -y")


def what_is_not_there() -> None:
    (category,) = az("monitor activity-log list-categories")
    assert category["value"] == "Administrative"
    refused("provider operation show --namespace Microsoft.Storage", "are not listed here")


def blobs(folder: Path) -> None:
    """An owner of the estate opens no blob until a role on the data says so."""
    account = next(
        one for one in az("storage account list") if one["resourceGroup"] == "rg-fraud-dev"
    )
    place = f"{os.environ['ORIGIN']}/_blob/{account['name']}.blob.core.windows.net"
    end = f"--blob-endpoint {place} --auth-mode login"
    refused(f"storage blob list -c numbat {end}", "do not have the required permissions")
    az(
        f"role assignment create --assignee {os.environ['CLIENT']} --role {BLOB_CONTRIBUTOR} "
        f"--scope {account['id']} --name {uuid.uuid4()}"
    )
    there, back = folder / "numbat.txt", folder / "back.txt"
    there.write_text("numbat")
    az(f"storage container create -n numbat {end}")
    az(f"storage blob upload -f {there} -c numbat -n a/b.txt {end}")
    refused(f"storage blob upload -f {there} -c numbat -n a/b.txt {end}", "already exists")
    assert [one["name"] for one in az(f"storage blob list -c numbat {end}")] == ["a/b.txt"]
    by_arm = f"storage container-rm exists -g rg-fraud-dev --storage-account {account['name']}"
    assert az(f"{by_arm} -n numbat") == {"exists": True}
    az(f"storage blob download -c numbat -n a/b.txt -f {back} {end}")
    assert back.read_text() == "numbat"


if __name__ == "__main__":
    account()
    people()
    tags()
    resources()
    accounts()
    what_is_not_there()
    blobs(Path.cwd())
