"""Live data: a datastore on it is read by whoever may and written by nobody, as a rule."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.runtime.protocol import Claim
from tests.access.asking import REGION, Answer, Request
from tests.access.two_workspaces import BLOB_OWNER, SCIENTIST, A, B, Place, Two

BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
PUT_BLOB = {"x-ms-blob-type": "BlockBlob"}
ACCOUNT = A.account.replace(f"st{A.mark}", "stlive")
BLOBS = "/_blob/stlive/sales"
CSV = f"{BLOBS}/2026/numbat.csv"
TAGS = "/providers/Microsoft.Resources/tags/default"
SALES = f"{A.workspace}/datastores/sales"


def store(account: str = "stlive", **more: Any) -> dict[str, Any]:
    said = {
        "datastoreType": "AzureBlob",
        "accountName": account,
        "containerName": "sales",
        "credentials": {"credentialsType": "Sas"},
    }
    return {"properties": {**said, **more}}


@pytest.fixture
def live(fresh: Two) -> Two:
    """An account with live data, which fay fills and bo may read."""
    fresh.put(ACCOUNT, {"location": REGION, "tags": {"Live": "true"}})
    fresh.grant(ACCOUNT, BLOB_OWNER, fresh.person("fay"))
    fresh.grant(ACCOUNT, BLOB_READER, fresh.ids["bo"])
    fresh.made("fay", Request("PUT", f"{BLOBS}?restype=container"))
    fresh.blob("fay", CSV, b"numbat,1\n")
    return fresh


def signed(two: Two, token: str, method: str = "GET", target: str = CSV) -> Answer:
    return two.ask("", Request(method, f"{target}?{token}", b"x", PUT_BLOB))


def tags(two: Two, id: str = SALES) -> Any:
    return two.get("admin", id).json()["properties"]["tags"]


def submitted(two: Two, more: dict[str, Any], who: str = "bo", place: Place = A) -> Answer:
    environment = f"{place.workspace}/environments/own/versions/1"
    two.put(environment, {"properties": {"image": "docker.io/python:3"}}, who)
    job = {"jobType": "Command", "command": "echo hello", "environmentId": "own:1", **more}
    return two.ask(who, Request("PUT", f"{place.workspace}/jobs/j1", {"properties": job}))


class TestReadOnly:
    def test_its_signature_reads_and_lists_and_writes_nothing(self, live: Two):
        live.put(SALES, store(), "bo")
        token = live.sas_of("bo", A, "sales")
        assert signed(live, token).body == b"numbat,1\n"
        listing = f"{BLOBS}?restype=container&comp=list&{token}"
        assert b"numbat.csv" in live.get("", listing).body
        for method in ("PUT", "DELETE"):
            answer = signed(live, token, method)
            assert (answer.status, "its datastore is read-only" in answer.text) == (403, True)
        assert live.get("fay", CSV).body == b"numbat,1\n"

    @pytest.mark.parametrize(
        "uri",
        [
            "azureml://datastores/sales/paths/out/",
            "https://stlive.blob.core.windows.net/sales/out/",
            "wasbs://sales@stlive.blob.core.windows.net/out/",
        ],
    )
    def test_a_jobs_output_to_it_is_refused_when_it_is_submitted(self, live: Two, uri: str):
        live.put(SALES, store(), "bo")
        output = {"outputs": {"o": {"jobOutputType": "uri_folder", "uri": uri}}}
        answer = submitted(live, output)
        assert (answer.status, answer.code) == (403, "DatastoreReadOnly")
        error = answer.json()["error"]
        assert error["target"] == "$.properties.outputs.o.uri"
        assert "write to another one, such as `workspaceblobstore`" in error["message"]

    def test_an_input_from_it_is_taken_unless_it_would_be_written(self, live: Two):
        live.put(SALES, store(), "bo")
        uri = "azureml://datastores/sales/paths/2026/"
        one = {"jobInputType": "uri_folder", "uri": uri}
        written = submitted(live, {"inputs": {"i": {**one, "mode": "ReadWriteMount"}}})
        assert (written.status, written.code) == (403, "DatastoreReadOnly")
        assert submitted(live, {"inputs": {"i": one}}).status == 201

    def test_who_may_only_read_the_blobs_attaches_it_from_another_workspace(self, live: Two):
        id = f"{B.workspace}/datastores/theirs"
        assert live.ask("eve", Request("PUT", id, store())).status == 403
        live.grant(ACCOUNT, BLOB_READER, live.ids["eve"])
        live.put(id, store(), "eve")
        token = live.sas_of("eve", B, "theirs")
        assert (signed(live, token).status, signed(live, token, "PUT").status) == (200, 403)

    def test_the_stores_that_a_workspace_is_born_with_take_its_jobs_outputs(self, live: Two):
        """Production's own workspace stands on a live account, too."""
        id = A.workspace.replace(f"mlw-{A.mark}", "mlw-live")
        live.put(id, {"location": REGION, "properties": {"storageAccount": ACCOUNT}})
        live.grant(id, SCIENTIST, live.ids["bo"])
        born = f"{id}/datastores/workspaceblobstore"
        token = live.made("bo", Request("POST", f"{born}/listSecrets", {})).json()["sasToken"]
        container = live.get("bo", born).json()["properties"]["containerName"]
        target = f"/_blob/stlive/{container}/x"
        assert signed(live, token, "PUT", target).status == 201
        # Of another workspace it is live data like any other.
        live.grant(ACCOUNT, BLOB_OWNER, live.ids["eve"])
        theirs = f"{B.workspace}/datastores/theirs"
        live.put(theirs, store(containerName=container), "eve")
        assert signed(live, live.sas_of("eve", B, "theirs"), "PUT", target).status == 403

    def test_data_lake_gen_2_is_held_to_it_too(self, live: Two):
        lake = store(datastoreType="AzureDataLakeGen2", filesystem="sales")
        live.put(SALES, lake, "bo")
        token = live.sas_of("bo", A, "sales")
        assert (signed(live, token).status, signed(live, token, "PUT").status) == (200, 403)

    def test_the_artifact_store_is_no_way_around(self, live: Two):
        """Whoever may replace it may not have runs write where they only read."""
        id = f"{A.workspace}/datastores/workspaceartifactstore"
        live.made("bo", Request("DELETE", id))
        live.put(id, store(), "bo")
        artifact = f"{A.mlflow}/mlflow-artifacts/artifacts/ExperimentRun/dcid.{live.bo.run}/x.txt"
        assert live.ask("bo", Request("PUT", artifact, b"x")).status == 403
        history = f"/history/v1.0{A.workspace}/runs/{live.bo.run}/artifacts/batch/metadata"
        asked = Request("POST", history, {"paths": [{"path": "x.txt"}]})
        assert live.ask("bo", asked).status == 403
        assert submitted(live, {}).status == 201
        live.work()
        claimed = live.estate.queue.claim(REGION, Claim(node="n", free=8))
        assert [lease.job for lease in claimed.leases if lease.job.endswith("/j1")] == []
        failed = live.get("bo", f"{A.workspace}/jobs/j1").json()["properties"]["error"]
        assert failed["code"] == "DatastoreReadOnly"


class TestWhatBecomesLive:
    def test_a_signature_from_before_reads_and_no_longer_writes(self, fresh: Two):
        place = f"{A.blobs}/{fresh.bo.container}/numbat/data.csv"
        fresh.grant(A.account, BLOB_OWNER, fresh.ids["eve"])
        shared = f"{B.workspace}/datastores/shared"
        body = store(f"st{A.mark}", containerName=fresh.bo.container)
        fresh.put(shared, body, "eve")
        token = fresh.sas_of("eve", B, "shared")
        assert signed(fresh, token, "PUT", place).status == 201
        fresh.put(A.account, {"location": REGION, "tags": {"live": "true"}})
        refused = signed(fresh, token, "PUT", place)
        assert (refused.status, refused.code) == (403, "DatastoreReadOnly")
        assert signed(fresh, token, "GET", place).body == b"x"

    def test_what_was_attached_for_reading_stays_so(self, live: Two):
        live.put(SALES, store(), "bo")
        assert tags(live) == {"access": "read"}
        live.put(ACCOUNT, {"location": REGION, "tags": {"live": "false"}})
        assert signed(live, live.sas_of("bo", A, "sales"), "PUT").status == 403
        # Whoever may not change the account neither says so, nor loses it by leaving it out.
        live.put(SALES, store(description="mine"), "bo")
        assert tags(live) == {"access": "read"}

    @pytest.mark.parametrize("said", [{"tags": {"a": "1"}}, {"tags": {}}])
    def test_it_is_not_taken_back_by_forgetting_it(self, live: Two, said: dict[str, Any]):
        """Azure's clients send all tags, or those that they know."""
        patched = live.ask("admin", Request("PATCH", ACCOUNT, said))
        assert (patched.status, "`live: false`" in patched.text) == (400, True)
        assert patched.json()["error"]["target"] == "$.tags.live"
        beside = live.ask("admin", Request("PUT", f"{ACCOUNT}{TAGS}", {"properties": said}))
        assert beside.status == 400
        live.put(SALES, store(), "bo")
        assert signed(live, live.sas_of("bo", A, "sales"), "PUT").status == 403
        live.made("admin", Request("PATCH", ACCOUNT, {"tags": {"Live": "false", "a": "1"}}))
        live.made("admin", Request("PATCH", ACCOUNT, {"tags": {"a": "2"}}))


class TestTheFileSaysOtherwise:
    def test_only_who_may_change_the_account_opens_it_for_writing(self, live: Two):
        live.grant(ACCOUNT, BLOB_OWNER, live.ids["bo"])
        answer = live.ask("bo", Request("PUT", SALES, store(tags={"access": "write"})))
        assert (answer.status, answer.code) == (403, "LinkedAuthorizationFailed")
        assert "`Microsoft.Storage/storageAccounts/write`" in answer.text
        live.put(SALES, store(tags={"access": "write"}))
        assert signed(live, live.sas_of("bo", A, "sales"), "PUT").status == 201
        output = {"uri": "azureml://datastores/sales/paths/o/", "jobOutputType": "uri_folder"}
        assert submitted(live, {"outputs": {"o": output}}).status == 201

    def test_it_is_closed_again(self, live: Two):
        live.put(SALES, store(tags={"access": "write"}))
        token = live.sas_of("bo", A, "sales")
        live.put(SALES, store(tags={"access": "read"}))
        assert signed(live, token, "PUT").code == "DatastoreReadOnly"


class TestIdentities:
    """Where who reads comes with a role on the data, no datastore makes one up."""

    def test_nobody_makes_a_pointer_hand_out_what_it_does_not(self, live: Two):
        identity = {"credentialsType": "None"}
        id = f"{B.workspace}/datastores/theirs"
        live.put(id, store(credentials=identity))
        assert live.ask("eve", Request("PUT", id, store())).status == 403
        live.put(id, store(credentials=identity, description="mine"), "eve")
        live.grant(ACCOUNT, BLOB_READER, live.ids["eve"])
        live.put(id, store(), "eve")
        assert signed(live, live.sas_of("eve", B, "theirs")).status == 200

    def test_nor_one_that_a_workspace_for_identities_was_born_with(self, live: Two):
        id = A.workspace.replace(f"mlw-{A.mark}", "mlw-live")
        said = {"storageAccount": ACCOUNT, "systemDatastoresAuthMode": "Identity"}
        live.put(id, {"location": REGION, "properties": said})
        live.grant(id, SCIENTIST, live.ids["bo"])
        born = f"{id}/datastores/workspaceblobstore"
        container = live.get("bo", born).json()["properties"]["containerName"]
        body = store(containerName=container)
        assert live.ask("bo", Request("PUT", born, body)).status == 403
        live.made("bo", Request("DELETE", born))
        assert live.ask("bo", Request("PUT", born, body)).status == 403
        assert live.ask("bo", Request("PUT", f"{id}/datastores/other", body)).status == 403
        live.put(born, store(containerName=container, credentials={"credentialsType": "None"}))


class TestElsewhere:
    """Of storage that is not the estate's nothing can be held back but what it is given."""

    @pytest.mark.parametrize(
        ("credentials", "words"),
        [
            ({"secretsType": "AccountKey", "key": "c2VjcmV0"}, "an account key opens all"),
            ({"secretsType": "Sas", "sasToken": "?sp=racwdl&sig=x"}, "`sp=racwdl`"),
            ({"secretsType": "Sas", "sasToken": "sig=x"}, "`sp=`"),
        ],
    )
    def test_a_live_source_is_attached_with_what_only_reads(
        self, fresh: Two, credentials: dict[str, str], words: str
    ):
        kind = {"credentialsType": credentials["secretsType"], "secrets": credentials}
        body = store("contosoforeign", credentials=kind, tags={"live": "true"})
        answer = fresh.ask("bo", Request("PUT", SALES, body))
        assert (answer.status, words in answer.text) == (400, True), answer.text
        assert fresh.ask("bo", Request("PUT", SALES, store("other", credentials=kind))).status < 300

    def test_it_gives_back_the_signature_that_it_was_given(self, fresh: Two):
        secrets = {"secretsType": "Sas", "sasToken": "sp=rl&sig=x"}
        kind = {"credentialsType": "Sas", "secrets": secrets}
        fresh.put(SALES, store("foreign", credentials=kind, tags={"live": "true"}), "bo")
        assert fresh.sas_of("bo", A, "sales") == "sp=rl&sig=x"
        # A data scientist does not take the mark away.
        fresh.put(SALES, store("foreign", credentials={"credentialsType": "Sas"}), "bo")
        assert tags(fresh) == {"live": "true"}

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (store("contosoforeign"), "no storage account of this estate"),
            (store(f"st{A.mark}", datastoreType="AzureFile", fileShareName="sales"), "AzureFile"),
        ],
    )
    def test_a_job_on_what_has_no_content_here_is_refused(
        self, fresh: Two, body: dict[str, Any], words: str
    ):
        fresh.put(SALES, body)
        uri = "azureml://datastores/sales/paths/x/"
        answer = submitted(fresh, {"inputs": {"i": {"jobInputType": "uri_folder", "uri": uri}}})
        assert (answer.status, answer.code) == (400, "DatastoreTypeNotSupported")
        assert words in answer.text
