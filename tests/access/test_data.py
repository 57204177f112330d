"""Data: signatures, copies, datastores, what jobs name; and what was deleted and made again."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from mlestate.blob import sas
from mlestate.runtime.protocol import Claim
from tests.access.asking import REGION, Answer, Request
from tests.access.delegating import delegated
from tests.access.leaks import leaked
from tests.access.two_workspaces import (
    AUTHORIZATION,
    BLOB_OWNER,
    ML,
    SCIENTIST,
    A,
    B,
    Place,
    Two,
)

PUT_BLOB = {"x-ms-blob-type": "BlockBlob"}


def store(account: str, container: str) -> dict[str, Any]:
    said = {
        "datastoreType": "AzureBlob",
        "accountName": account,
        "containerName": container,
        "credentials": {"credentialsType": "Sas"},
    }
    return {"properties": said}


def csv(two: Two, place: Place = A) -> str:
    return f"{place.blobs}/{two.bo.container}/numbat/data.csv"


def path_of(uri: str) -> str:
    """A blob address without its origin."""
    return "/" + uri.split("/", 3)[3]


def anonymous(two: Two, target: str, method: str = "GET", body: bytes | None = None) -> Answer:
    return two.ask("", Request(method, target, body, PUT_BLOB))


class TestSignatures:
    def test_bos_open_bos_containers_to_whoever_holds_them(self, two: Two):
        assert anonymous(two, f"{csv(two)}?{two.bo.sas}").body == b"numbat,1\n"
        assert anonymous(two, path_of(two.bo.written), "PUT", b"numbat").status == 201
        upload, _, token = path_of(two.bo.upload).partition("?")
        assert anonymous(two, f"{upload}/main.py?{token}", "PUT", b"numbat").status == 201

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("sp", "racwdlx"),
            ("se", "2999-01-01T00:00:00Z"),
            ("skoid", "00000000-0000-0000-0000-000000000000"),
            ("si", "e30"),
            ("sr", "b"),
            ("sv", "2019-12-12"),
            ("sig", "AAAA"),
        ],
    )
    def test_a_changed_one_opens_nothing(self, two: Two, field: str, value: str):
        fields = dict(parse_qsl(two.bo.sas)) | {field: value}
        answer = anonymous(two, f"{csv(two)}?{urlencode(fields)}")
        assert (answer.status, answer.code) == (403, "AuthenticationFailed")

    def test_none_opens_another_container_or_account(self, two: Two):
        own = two.sas_of("eve", B)
        for token, target in (
            (own, csv(two)),
            (own, f"{B.blobs}/{two.bo.container}/numbat/data.csv"),
            (own, f"{A.blobs}/{two.container_of('eve', B)}/x"),
            (two.bo.sas, f"{A.blobs}/azureml-{two.bo.guid}/x"),
            (two.bo.sas, f"{B.blobs}/{two.bo.container}/numbat/data.csv"),
            (two.bo.sas, f"{A.blobs}/{two.bo.container}-2/x"),
        ):
            for method in ("GET", "PUT", "DELETE"):
                answer = anonymous(two, f"{target}?{token}", method, b"x")
                assert answer.status == 403, f"{method} {target}"
        assert anonymous(two, f"{A.blobs}?comp=list&{two.bo.sas}").status == 403

    def test_a_page_that_somebody_stored_runs_nothing_where_people_log_in(self, two: Two):
        container, html = two.container_of("bo", A), {"x-ms-blob-content-type": "text/html"}
        page = f"{A.blobs}/{container}/page.html"
        token = two.sas_of("bo", A)
        put = Request("PUT", f"{page}?{token}", b"<script>", html | {"x-ms-blob-type": "BlockBlob"})
        two.made("", put)
        answer = two.made("", Request("GET", f"{page}?{token}"))
        assert answer.headers["content-type"] == "text/html"
        assert answer.headers["content-security-policy"] == "sandbox"
        assert answer.headers["x-content-type-options"] == "nosniff"

    def test_reading_is_not_writing(self, two: Two):
        details = f"/history/v1.0{A.workspace}/runs/{two.bo.run}/artifacts/contentinfo"
        found = two.get("bo", f"{details}?path=numbat.txt").json()["contentUri"]
        assert anonymous(two, path_of(found)).body == b"numbat artifact"
        for method in ("PUT", "DELETE"):
            assert anonymous(two, path_of(found), method, b"x").status == 403

    def test_one_ends_with_its_time(self, fresh: Two):
        assert anonymous(fresh, f"{csv(fresh)}?{fresh.bo.sas}").status == 200
        fresh.clock.ahead = 25 * 3600.0
        assert anonymous(fresh, f"{csv(fresh)}?{fresh.bo.sas}").status == 403

    def test_one_ends_with_the_right_of_who_asked_for_it(self, fresh: Two):
        for id in assigned_in(fresh, A.workspace):
            fresh.made("admin", Request("DELETE", id))
        for address in self._signed(fresh):
            answer = anonymous(fresh, address)
            assert answer.status == 403
            # Whoever holds it need not be bo.
            assert leaked(fresh.bo, Request("GET", address), answer) == set()

    def test_one_ends_with_the_person(self, fresh: Two):
        fresh.made("admin", Request("PUT", "/estate/v1/users/bo", {"enabled": False}))
        for address in self._signed(fresh):
            assert anonymous(fresh, address).status == 403

    def _signed(self, two: Two) -> list[str]:
        upload, _, token = path_of(two.bo.upload).partition("?")
        return [f"{csv(two)}?{two.bo.sas}", path_of(two.bo.written), f"{upload}/x?{token}"]

    def test_a_delegation_key_opens_what_its_own_principal_may(self, two: Two):
        for who, place, status in (("bo", A, 200), ("eve", B, 403)):
            target = csv(two)
            assert anonymous(two, f"{target}?{delegated(two, who, place)}").status == status

    def test_a_refused_signature_says_what_it_takes_and_not_who_signed(self, two: Two):
        blob = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
        target = f"{csv(two)}?{delegated(two, 'eve', B)}"
        said = anonymous(two, target).text
        assert f"perform `{blob}/read` there themselves" in said
        assert "`Storage Blob Data Reader` has it" in said
        assert "eve" not in said
        read_only = f"{csv(two)}?{delegated(two, 'bo', A)}"
        said = anonymous(two, read_only, "DELETE").text
        assert f"do not allow `{blob}/delete`: it takes `d`" in said


class TestCopies:
    @pytest.mark.parametrize(
        "query", ["", "?restype=account", "?comp=tags", "?comp=unheard", "?restype=container"]
    )
    @pytest.mark.parametrize("kind", ["", "BlockBlob"])
    def test_nobody_copies_what_they_may_not_read(self, two: Two, query: str, kind: str):
        own = f"{B.blobs}/{two.container_of('eve', B)}/stolen"
        source = f"https://localhost:8443{csv(two)}{query}"
        headers = {"x-ms-copy-source": source} | ({"x-ms-blob-type": kind} if kind else {})
        assert two.ask("eve", Request("PUT", own, b"", headers)).status == 403
        block = Request("PUT", f"{own}?comp=block&blockid=AAAA", b"", headers)
        assert two.ask("eve", block).status == 403
        signed = f"{own}?{two.sas_of('eve', B)}"
        assert two.ask("", Request("PUT", signed, b"", headers)).status in (401, 403)
        assert two.get("eve", own).status == 404

    def test_a_signature_to_write_does_not_read_the_source(self, two: Two):
        """The words of the source's query choose no lesser right."""
        right = sas.Right(
            scope=f"{A.workspace}/datastores/workspaceblobstore",
            action=f"{ML}/workspaces/datastores/listsecrets/action",
            since=two.estate.identities.since(two.ids["bo"]),
        )
        token = sas.mint_bound(
            two.estate.secret,
            f"st{A.mark}",
            two.bo.container,
            two.ids["bo"],
            right,
            "w",
            two.clock() + 60,
        )
        source = f"https://localhost:8443{csv(two)}?restype=account&{token}"
        own = f"{B.blobs}/{two.container_of('eve', B)}/stolen"
        request = Request("PUT", own, b"", {"x-ms-copy-source": source})
        assert two.ask("eve", request).status == 403

    def test_bo_copies(self, two: Two):
        headers = {"x-ms-copy-source": f"https://localhost:8443{csv(two)}"}
        target = f"{A.blobs}/{two.bo.container}/numbat/copy.csv"
        assert two.ask("bo", Request("PUT", target, b"", headers)).status == 202


class TestDatastores:
    def test_nobody_attaches_a_container_of_others(self, two: Two):
        id = f"{B.workspace}/datastores/stolen"
        for container in (two.bo.container, f"azureml-{two.bo.guid}", "never-made"):
            answer = two.ask("eve", Request("PUT", id, store(f"st{A.mark}", container)))
            assert answer.status == 403, answer.text
        assert two.get("eve", id).status == 404

    def test_whoever_may_write_its_blobs_attaches_it(self, fresh: Two):
        fresh.grant(A.account, BLOB_OWNER, fresh.ids["eve"])
        id = f"{B.workspace}/datastores/shared"
        fresh.put(id, store(f"st{A.mark}", fresh.bo.container), "eve")
        token = fresh.sas_of("eve", B, "shared")
        assert anonymous(fresh, f"{csv(fresh)}?{token}").body == b"numbat,1\n"

    def test_what_was_attached_before_the_account_was_made_opens_nothing(self, fresh: Two):
        id = f"{B.workspace}/datastores/early"
        fresh.put(id, store("stlater", "numbat"), "eve")
        later = A.account.replace(f"st{A.mark}", "stlater")
        fresh.put(later, {"location": REGION})
        answer = fresh.ask("eve", Request("POST", f"{id}/listSecrets", {}))
        assert answer.status == 409

    def test_two_workspaces_on_one_account_do_not_share_containers(self, fresh: Two):
        """Eve's second workspace stands on bo's account."""
        second = f"{B.group}/providers/{ML}/workspaces/mlw-second"
        fresh.put(second, {"location": REGION, "properties": {"storageAccount": A.account}})
        fresh.grant(second, SCIENTIST, fresh.ids["eve"])
        found = fresh.made(
            "eve", Request("POST", f"{second}/datastores/workspaceblobstore/listSecrets", {})
        )
        token = found.json()["sasToken"]
        assert anonymous(fresh, f"{csv(fresh)}?{token}").status == 403
        id = f"{second}/datastores/stolen"
        attached = fresh.ask("eve", Request("PUT", id, store(f"st{A.mark}", fresh.bo.container)))
        assert attached.status == 403
        assert fresh.get("eve", csv(fresh)).status == 403
        own = fresh.get("eve", f"{second}/datastores/workspaceblobstore").json()
        container = own["properties"]["containerName"]
        put = anonymous(fresh, f"{A.blobs}/{container}/x?{token}", "PUT", b"x")
        assert put.status == 201


REFERENCES = {
    "asset": f"{A.workspace}/data/numbat-data/versions/1",
    "asset with scheme": f"azureml:{A.workspace}/data/numbat-data/versions/1",
    "model": f"{A.workspace}/models/numbat-models/versions/1",
    "datastore": f"azureml:/{A.workspace}/datastores/workspaceblobstore/paths/numbat/".replace(
        f"providers/{ML}/", ""
    ),
    "long datastore": f"azureml:/{A.workspace}/datastores/workspaceblobstore/paths/numbat/",
    "a datastore of bo's": f"azureml:/{A.workspace}/datastores/numbatstore/paths/x/",
    "blob address": "https://localhost:8443/_blob/stquokka.blob.core.windows.net/CONTAINER/numbat/",
    "plain blob address": "https://stquokka.blob.core.windows.net/CONTAINER/numbat/",
    "wasbs": "wasbs://CONTAINER@stquokka.blob.core.windows.net/numbat/",
}


class TestJobs:
    """What a job names is read as its submitter: refused when it is submitted, or when it is
    prepared; and in the same words where there is nothing."""

    @pytest.mark.parametrize("name", REFERENCES)
    @pytest.mark.parametrize("side", ["inputs", "outputs"])
    def test_no_job_gets_at_anothers_data(self, two: Two, name: str, side: str):
        uri = REFERENCES[name].replace("CONTAINER", two.bo.container)
        absent = uri.replace("numbat", "dingos").replace(two.bo.guid, "0" * 36)
        kind = "jobInputType" if side == "inputs" else "jobOutputType"
        said = [
            self._submitted(two, {side: {"d": {kind: "uri_folder", "uri": one}}})
            for one in (uri, absent)
        ]
        assert said[0] == said[1]
        assert said[0] != ""

    @pytest.mark.parametrize("field", ["codeId", "environmentId", "computeId", "componentId"])
    def test_no_job_names_anothers_resources(self, two: Two, field: str):
        ids = {
            "codeId": f"{A.workspace}/codes/numbat-codes/versions/1",
            "environmentId": f"{A.workspace}/environments/numbat-environments/versions/1",
            "computeId": f"{A.workspace}/computes/numbat-cpu",
            "componentId": f"{A.workspace}/components/numbat-components/versions/1",
        }
        there, absent = (
            self._submitted(two, {field: id})
            for id in (ids[field], ids[field].replace("numbat", "dingos"))
        )
        assert there == absent
        assert there != ""

    def test_bos_own_job_is_prepared(self, two: Two):
        uri = REFERENCES["asset"]
        inputs = {"inputs": {"d": {"jobInputType": "uri_folder", "uri": uri}}}
        assert self._submitted(two, inputs, "bo", A) == ""

    def _submitted(self, two: Two, more: dict[str, Any], who: str = "eve", place: Place = B) -> str:
        """The code with which a job was refused or failed; empty where it was leased."""
        environment = f"{place.workspace}/environments/own/versions/1"
        two.put(environment, {"properties": {"image": "docker.io/python:3"}}, who)
        job = {"jobType": "Command", "command": "echo hello", "environmentId": "own:1"}
        name = f"j{len(two.get(who, f'{place.workspace}/jobs').json()['value'])}"
        id = f"{place.workspace}/jobs/{name}"
        answer = two.ask(who, Request("PUT", id, {"properties": {**job, **more}}))
        assert leaked(two.bo, Request("PUT", id, more), answer) == set() or who == "bo"
        if answer.status >= 400:
            return answer.code
        two.work()
        claimed = two.estate.queue.claim(REGION, Claim(node="n", free=8))
        if any(lease.job.lower() == id.lower() for lease in claimed.leases):
            return ""
        failed = two.get(who, id)
        assert leaked(two.bo, Request("PUT", id, more), failed) == set()
        return str(failed.json()["properties"]["error"]["code"])


class TestMadeAgain:
    """What was deleted does not come back under its name."""

    def again(self, two: Two) -> None:
        two.made("admin", Request("DELETE", A.workspace))
        two.work()
        assert two.get("admin", A.workspace).status == 404
        # Nothing else is written, so that what is remembered of the old one would be used.
        standing = {"storageAccount": A.account}
        two.put(A.workspace, {"location": REGION, "properties": standing})

    def test_a_deleted_workspace_is_reached_by_no_signature(self, fresh: Two):
        fresh.made("admin", Request("DELETE", A.workspace))
        fresh.work()
        for address in TestSignatures()._signed(fresh):
            assert anonymous(fresh, address).status == 403

    def test_its_people_have_to_be_let_in_anew(self, fresh: Two):
        self.again(fresh)
        assert fresh.get("bo", A.workspace).status == 403
        assert assigned_in(fresh, A.workspace) == []

    def test_nothing_of_the_old_one_is_in_the_new_one(self, fresh: Two):
        self.again(fresh)
        fresh.grant(A.workspace, SCIENTIST, fresh.ids["bo"])
        run = fresh.bo.run
        for target in (
            f"{A.workspace}/data/numbat-data",
            f"{A.workspace}/jobs/numbat-job",
            f"{A.mlflow}/mlflow/runs/get?run_id={run}",
            f"{A.mlflow}/mlflow/experiments/get-by-name?experiment_name=numbat-lab",
            f"{A.mlflow}/mlflow/logged-models/{fresh.bo.model}",
            f"{A.mlflow}/mlflow/registered-models/get?name=numbat-registered",
            f"{A.mlflow}/mlflow-artifacts/artifacts/ExperimentRun/dcid.{run}/numbat.txt",
            f"/history/v1.0{A.workspace}/runs/{run}",
            f"/history/v1.0{A.workspace}/runs/numbat-job",
        ):
            assert fresh.get("bo", target).status == 404, target
        for address in TestSignatures()._signed(fresh):
            assert anonymous(fresh, address).status == 403
        assert fresh.container_of("bo", A) != fresh.bo.container

    def test_an_account_made_again_is_empty_and_has_other_keys(self, fresh: Two):
        keys = fresh.estate.accounts.find(f"st{A.mark}").keys  # type: ignore[union-attr]
        fresh.made("admin", Request("DELETE", fresh.bo.documents[f"{AUTHORIZATION}/locks"][0]))
        fresh.made("admin", Request("DELETE", A.group))
        fresh.work()
        assert fresh.get("bo", csv(fresh)).status == 403
        fresh.put(B.account.replace(f"st{B.mark}", f"st{A.mark}"), {"location": REGION})
        account = fresh.estate.accounts.find(f"st{A.mark}")
        assert account is not None
        assert not set(account.keys) & set(keys)
        fresh.grant(account.id, BLOB_OWNER, fresh.ids["eve"])
        listed = fresh.get("eve", f"{A.blobs}?comp=list")
        assert listed.status == 200
        assert "<Name>" not in listed.text
        assert fresh.get("eve", csv(fresh)).status == 404

    def test_a_person_made_again_is_another(self, fresh: Two):
        fresh.made("admin", Request("DELETE", "/estate/v1/users/bo"))
        old = fresh.tokens["bo"]
        assert fresh.get(old, A.workspace).status == 401
        fresh.person("bo")
        assert fresh.get("bo", A.workspace).status == 403
        assert anonymous(fresh, f"{csv(fresh)}?{fresh.bo.sas}").status == 403


def assigned_in(two: Two, scope: str) -> list[str]:
    """The role assignments at the scope and below; a list shows those that hold from above, too."""
    rows = two.get("admin", f"{scope}/providers/Microsoft.Authorization/roleAssignments").json()
    return [row["id"] for row in rows["value"] if row["id"].startswith(scope)]
