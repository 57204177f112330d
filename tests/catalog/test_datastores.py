"""Datastores."""

import copy
from typing import Any

import pytest

from mlestate.catalog import live, storage_address
from mlestate.catalog.datastores import DATASTORES
from mlestate.core.resource import View
from tests.catalog.faults import faults, show, write
from tests.catalog.golden import ACCEPTED, WORKSPACE

STORE = f"{WORKSPACE}/datastores/store1"
AWAY = View("https://ml.contoso.example")


def blob(**changed: Any) -> dict[str, Any]:
    properties = {
        "datastoreType": "AzureBlob",
        "accountName": "stfrauddev",
        "containerName": "data",
        "credentials": {"credentialsType": "None"},
        **changed,
    }
    return {"properties": properties}


@pytest.mark.parametrize(
    "sent",
    [
        "stfrauddev",
        "localhost:8443/_blob/stfrauddev",
        "127.0.0.1:9/_blob/stfrauddev",
        "localhost:8443/_blob/stfrauddev.blob.core.windows.net",
    ],
)
def test_an_account_is_kept_under_its_plain_name(sent: str):
    written = write(STORE, blob(accountName=sent))
    assert written.properties["accountName"] == "stfrauddev"
    assert show(written, AWAY)["accountName"] == "stfrauddev"
    assert show(written)["accountName"] == "localhost:8443/_blob/stfrauddev"


def test_the_address_that_a_client_builds_leads_to_the_blobs():
    view = View("https://127.0.0.1:8443")
    told = storage_address.shown("acct", view)
    assert f"https://{told}.blob.core.windows.net/" == storage_address.blob_endpoint("acct", view)


@pytest.mark.parametrize("name", [n for n in ACCEPTED if "datastore" in n])
def test_no_secret_is_in_the_document(name: str):
    golden = copy.deepcopy(ACCEPTED[name]["body"])
    shown = write(STORE, golden).document["properties"]["credentials"]
    assert "secrets" not in shown
    assert shown["credentialsType"] == golden["properties"]["credentials"]["credentialsType"]


def test_secrets_are_of_the_kind_of_their_credentials():
    credentials = {"credentialsType": "AccountKey", "secrets": {"secretsType": "Sas"}}
    assert faults(STORE, blob(credentials=credentials)) == {
        "$.properties.credentials.secrets.secretsType": "`Sas` is not supported; "
        "supported: `AccountKey`"
    }


def test_every_fault_of_a_place_is_told():
    found = faults(STORE, blob(accountName="St-1", containerName="A", protocol="ftp"))
    assert set(found) == {
        "$.properties.accountName",
        "$.properties.containerName",
        "$.properties.protocol",
    }


def test_a_datastore_does_not_move():
    old = write(STORE, blob())
    assert write(STORE, blob(accountName="localhost:1/_blob/stfrauddev", description="x"), old)
    assert set(faults(STORE, blob(accountName="stother", containerName="other"), old)) == {
        "$.properties.accountName",
        "$.properties.containerName",
    }


def test_one_datastore_is_the_default_whatever_a_client_says():
    assert show(write(STORE, blob(isDefault=True)))["isDefault"] is False
    assert show(write(f"{WORKSPACE}/datastores/workspaceblobstore", blob()))["isDefault"] is True


def test_a_kind_that_azure_no_longer_has_is_refused_by_name():
    found = faults(STORE, blob(datastoreType="Hdfs"))["$.properties.datastoreType"]
    assert "supported: `AzureBlob`, `AzureFile`, `AzureDataLakeGen2`" in found


def test_a_pointer_without_an_account_is_kept_and_does_not_move():
    said = {"datastoreType": "OneLake", "oneLakeWorkspaceName": "ws"}
    none = {"credentialsType": "None"}
    lake = {"artifactType": "LakeHouse", "artifactName": "sales"}
    old = write(STORE, {"properties": {**said, "artifact": lake, "credentials": none}})
    assert "accountName" not in show(old)
    other = {**said, "artifact": {**lake, "artifactName": "other"}, "credentials": none}
    assert set(faults(STORE, {"properties": other}, old)) == {"$.properties.artifact"}


def test_its_access_is_read_or_write():
    assert write(STORE, blob(tags={"Access": "READ"}))
    found = faults(STORE, blob(tags={"access": "all"}))
    assert found == {"$.properties.tags.access": "`all` is neither `read` nor `write`"}


@pytest.mark.parametrize(
    ("datastore", "account", "own", "read_only"),
    [
        ({}, {}, False, False),
        ({}, {"live": "true"}, False, True),
        ({}, {"LIVE": "True"}, False, True),
        ({}, {"live": "false"}, False, False),
        ({"live": "true"}, {}, False, True),
        ({"access": "write"}, {"live": "true"}, False, False),
        ({"access": "read"}, {}, False, True),
        ({}, {"live": "true"}, True, False),
        ({"access": "read"}, {}, True, True),
        ({"ACCESS": "write", "access": "read"}, {}, False, True),
        ({"access": "read", "ACCESS": "write"}, {}, False, True),
    ],
)
def test_a_datastore_on_a_live_source_is_read_only_unless_it_says_otherwise(
    datastore: dict[str, str], account: dict[str, str], own: bool, read_only: bool
):
    assert live.is_read_only(datastore, account, own) is read_only


def test_asking_for_the_default_filters_and_asking_for_others_does_not():
    values = DATASTORES.filters["isdefault"].values
    assert values == {"true": True, "false": None}
