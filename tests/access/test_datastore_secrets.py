"""What a datastore hands out belongs to what it says now, and is never a key of the estate's."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.store.resources import Resources
from tests.access.asking import REGION, Answer, Request
from tests.access.two_workspaces import A, Two

STORE = f"{A.workspace}/datastores/pointer"
BORN = f"{A.workspace}/datastores/workspaceblobstore"
CONNECTION = f"{A.workspace}/connections/wanderer"
PUT_BLOB = {"x-ms-blob-type": "BlockBlob"}
NONE = {"credentialsType": "None"}
SAS = {"credentialsType": "Sas"}
KEY = {
    "credentialsType": "AccountKey",
    "secrets": {"secretsType": "AccountKey", "key": "bnVtYmF0"},
}
TOKEN = {
    "credentialsType": "Sas",
    "secrets": {"secretsType": "Sas", "sasToken": "sp=rl&sig=numbat"},
}
PRINCIPAL = {
    "credentialsType": "ServicePrincipal",
    "clientId": "11111111-1111-1111-1111-111111111111",
    "tenantId": "11111111-1111-1111-1111-111111111111",
}
SECRET_PRINCIPAL = {
    **PRINCIPAL,
    "secrets": {"secretsType": "ServicePrincipal", "clientSecret": "numbat"},
}
# All that is on an account, whether the estate has such a service or not.
KINDS = {
    "AzureBlob": "containerName",
    "AzureDataLakeGen2": "filesystem",
    "AzureFile": "fileShareName",
}


def store(
    credentials: dict[str, Any], account: str = "foreign", kind: str = "AzureBlob", box: str = "box"
) -> dict[str, Any]:
    said = {"datastoreType": kind, "accountName": account, KINDS[kind]: box}
    return {"properties": {**said, "credentials": credentials}}


def told(two: Two, id: str = STORE, who: str = "bo") -> Answer:
    return two.ask(who, Request("POST", f"{id}/listSecrets", {}))


def kept(two: Two, id: str = STORE) -> dict[str, Any] | None:
    with two.estate.cells.named(REGION).read() as connection:
        return Resources(connection).secret(id.lower())


def mode(two: Two, said: str, who: str = "admin") -> Answer:
    body = {"properties": {"systemDatastoresAuthMode": said}}
    return two.ask(who, Request("PATCH", A.workspace, body))


def used(two: Two, token: str, method: str = "GET") -> Answer:
    target = f"{A.blobs}/{two.bo.container}/numbat/data.csv?{token}"
    return two.ask("", Request(method, target, b"numbat,1\n", PUT_BLOB))


class TestOtherCredentials:
    @pytest.mark.parametrize("verb", ["PUT", "PATCH"])
    @pytest.mark.parametrize(
        ("before", "after"),
        [(KEY, NONE), (KEY, SAS), (KEY, PRINCIPAL), (TOKEN, NONE), (SECRET_PRINCIPAL, NONE)],
    )
    def test_secrets_go_with_the_credentials_that_they_came_with(
        self, fresh: Two, before: dict[str, Any], after: dict[str, Any], verb: str
    ):
        fresh.put(STORE, store(before))
        assert told(fresh).json() == before["secrets"]
        fresh.made("admin", Request(verb, STORE, store(after)))
        assert (told(fresh).status, told(fresh).code) == (400, "NoSecrets")
        fresh.put(STORE, store({k: v for k, v in before.items() if k != "secrets"}))
        assert (told(fresh).code, kept(fresh)) == ("NoSecrets", None)

    def test_credentials_that_are_said_again_keep_their_secrets(self, fresh: Two):
        fresh.put(STORE, store(KEY))
        fresh.put(STORE, store({"credentialsType": "AccountKey"}))
        assert told(fresh).json() == KEY["secrets"]

    def test_those_of_a_connection_go_too(self, fresh: Two):
        said = {"authType": "ApiKey", "category": "AzureOpenAI", "target": "https://a.example"}
        fresh.put(CONNECTION, {"properties": {**said, "credentials": {"key": "numbat"}}})
        listed = Request("POST", f"{CONNECTION}/listsecrets", {})
        assert fresh.made("admin", listed).json()["properties"]["credentials"] == {"key": "numbat"}
        fresh.put(CONNECTION, {"properties": {**said, "authType": "AAD"}})
        assert fresh.made("admin", listed).json()["properties"]["credentials"] is None

    def test_a_read_only_source_is_not_held_to_secrets_that_go(self, fresh: Two):
        fresh.put(STORE, store(KEY))
        body = store(NONE)
        body["properties"]["tags"] = {"live": "true"}
        fresh.put(STORE, body)
        assert (told(fresh).code, kept(fresh)) == ("NoSecrets", None)


class TestTheEstatesOwnAccounts:
    @pytest.mark.parametrize("live", ["true", "false"])
    @pytest.mark.parametrize("credentials", [KEY, TOKEN])
    @pytest.mark.parametrize("kind", KINDS)
    def test_no_datastore_hands_out_what_opens_one(
        self, fresh: Two, kind: str, credentials: dict[str, Any], live: str
    ):
        fresh.put(A.account, {"location": REGION, "tags": {"live": live}})
        fresh.put(STORE, store(credentials, f"st{A.mark}", kind))
        answer = told(fresh)
        assert kept(fresh) is None
        if kind == "AzureFile":
            assert (answer.status, answer.code) == (400, "NoSecrets")
            assert f"hands out no key of `st{A.mark}`" in answer.text
        else:
            assert answer.json()["sasToken"].startswith("sv=")

    def test_nor_one_that_is_of_the_estate_by_now(self, fresh: Two):
        fresh.put(STORE, store(KEY, "stlater", "AzureFile"))
        assert told(fresh).json() == KEY["secrets"]
        fresh.put(A.account.replace(f"st{A.mark}", "stlater"), {"location": REGION})
        assert told(fresh).code == "NoSecrets"


class TestTheWorkspacesMode:
    def test_to_identity_closes_its_own_containers_to_keys(self, fresh: Two):
        added = fresh.sas_of("bo", A, "numbatstore")
        for token in (fresh.bo.sas, added):
            assert used(fresh, token).status == 200
        assert mode(fresh, "Identity").status == 200
        for name in ("workspaceblobstore", "workspaceartifactstore", "numbatstore"):
            id = f"{A.workspace}/datastores/{name}"
            assert fresh.get("bo", id).json()["properties"]["credentials"] == NONE
            assert told(fresh, id).code == "NoSecrets"
        for token in (fresh.bo.sas, added):
            assert [used(fresh, token, m).status for m in ("GET", "PUT")] == [403, 403]

    def test_who_has_a_role_on_the_data_goes_on(self, fresh: Two):
        mode(fresh, "Identity")
        assert fresh.get("bo", f"{A.blobs}/{fresh.bo.container}/numbat/data.csv").status == 200

    def test_back_to_keys_opens_those_that_it_was_born_with(self, fresh: Two):
        mode(fresh, "Identity")
        assert mode(fresh, "AccessKey").status == 200
        assert used(fresh, fresh.sas_of("bo", A)).status == 200
        assert told(fresh, f"{A.workspace}/datastores/numbatstore").code == "NoSecrets"

    def test_a_put_that_leaves_it_out_says_keys(self, fresh: Two):
        mode(fresh, "Identity")
        standing = {"location": REGION, "properties": {"storageAccount": A.account}}
        fresh.put(A.workspace, standing)
        assert used(fresh, fresh.sas_of("bo", A)).status == 200

    def test_back_to_keys_takes_what_opens_the_containers(self, fresh: Two):
        mode(fresh, "Identity")
        ml = "Microsoft.MachineLearningServices/workspaces"
        fresh.custom(A.workspace, fresh.person("wes"), f"{ml}/*")
        refused = mode(fresh, "AccessKey", "wes")
        assert (refused.status, refused.code) == (403, "AuthorizationFailed")
        assert fresh.get("bo", A.workspace).json()["properties"]["systemDatastoresAuthMode"] == (
            "Identity"
        )
        assert told(fresh, BORN).code == "NoSecrets"

    def test_datastores_elsewhere_stay_as_they_are(self, fresh: Two):
        fresh.put(STORE, store(KEY))
        mode(fresh, "Identity")
        assert told(fresh).json() == KEY["secrets"]


class TestSignaturesOfADatastore:
    def test_they_end_when_it_opens_to_identities_alone(self, fresh: Two):
        id = f"{A.workspace}/datastores/numbatstore"
        token = fresh.sas_of("bo", A, "numbatstore")
        fresh.put(id, store(NONE, f"st{A.mark}", box=fresh.bo.container), "bo")
        assert [used(fresh, token, m).status for m in ("GET", "PUT", "DELETE")] == [403] * 3
        assert used(fresh, fresh.bo.sas).status == 200
        fresh.put(id, store(SAS, f"st{A.mark}", box=fresh.bo.container), "bo")
        assert used(fresh, fresh.sas_of("bo", A, "numbatstore")).status == 200
