"""What a job names is what it was when the job was submitted, whoever writes it anew meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.runtime.protocol import Claim, JobSpec
from tests.access.asking import REGION, Answer, Request
from tests.access.two_workspaces import READER, SCIENTIST, A, B, Two

ENVIRONMENT = f"{A.workspace}/environments/own/versions/1"
DATA = f"{A.workspace}/data/sales/versions/1"
MODEL = f"{A.workspace}/models/sales/versions/1"
CODE = f"{A.workspace}/codes/train/versions/1"
JOB = f"{A.workspace}/jobs/waiting"
PLACE = "azureml://datastores/workspaceblobstore/paths"
SALES = {"inputs": {"i": {"jobInputType": "uri_folder", "uri": "azureml:sales:1"}}}
THEIRS = f"{B.workspace}/data/sales/versions/1"
THEIR_MODEL = f"{B.workspace}/models/sales/versions/1"
THEIR_SALES = {"i": {"jobInputType": "uri_folder", "uri": THEIRS}}
LATEST = {"inputs": {"i": {"jobInputType": "uri_folder", "uri": "sales@latest"}}}


def image(name: str) -> dict[str, Any]:
    return {"properties": {"image": name}}


def data(path: str) -> dict[str, Any]:
    return {"properties": {"dataType": "uri_folder", "dataUri": f"{PLACE}/{path}"}}


def model(path: str) -> dict[str, Any]:
    return {"properties": {"modelType": "custom_model", "modelUri": f"{PLACE}/{path}"}}


@pytest.fixture
def two(fresh: Two) -> Two:
    fresh.put(ENVIRONMENT, image("docker.io/python:3"), "bo")
    fresh.put(DATA, data("first"), "bo")
    return fresh


def submitted(two: Two, more: dict[str, Any], id: str = JOB) -> Answer:
    job = {"jobType": "Command", "command": "echo hello", "environmentId": "own:1", **more}
    answer = two.ask("bo", Request("PUT", id, {"properties": job}))
    two.work()
    return answer


def leased(two: Two) -> JobSpec | None:
    """What the agent would run now."""
    found = two.estate.queue.claim(REGION, Claim(node="n", free=8)).leases
    return next((each.spec for each in found if each.job == JOB.lower()), None)


def failed(two: Two) -> tuple[str, str]:
    """The code and the text with which the job failed before it ran."""
    assert leased(two) is None
    shown = two.made("bo", Request("GET", JOB)).json()["properties"]
    assert shown["status"] == "Failed"
    return shown["error"]["code"], shown["error"]["message"]


def made_again(two: Two, id: str, body: dict[str, Any]) -> None:
    two.made("bo", Request("DELETE", id))
    two.work()
    two.put(id, body, "bo")


class TestReplaced:
    @pytest.mark.parametrize(
        ("id", "body"),
        [
            (ENVIRONMENT, image("docker.io/evil:3")),
            (DATA, data("second")),
            (DATA, data("first")),
        ],
    )
    def test_a_waiting_job_does_not_run_with_what_took_its_place(
        self, two: Two, id: str, body: dict[str, Any]
    ):
        assert submitted(two, SALES).status == 201
        made_again(two, id, body)
        code, text = failed(two)
        assert (code, f"`{id}`" in text) == ("LinkedResourceReplaced", True)

    def test_nor_with_other_code(self, two: Two):
        place = f"https://st{A.mark}.blob.core.windows.net/{two.bo.container}"
        two.put(CODE, {"properties": {"codeUri": f"{place}/mine"}}, "bo")
        assert submitted(two, {"codeId": CODE}).status == 201
        made_again(two, CODE, {"properties": {"codeUri": f"{place}/theirs"}})
        assert failed(two)[0] == "LinkedResourceReplaced"

    @pytest.mark.parametrize("id", [ENVIRONMENT, DATA])
    def test_nor_without_what_is_gone(self, two: Two, id: str):
        assert submitted(two, SALES).status == 201
        two.put(MODEL, model("of the same name"), "bo")
        two.made("bo", Request("DELETE", id))
        two.work()
        assert failed(two)[0] == "LinkedResourceGone"

    def test_what_is_only_described_anew_is_the_same(self, two: Two):
        assert submitted(two, SALES).status == 201
        body = data("first")
        body["properties"]["description"] = "of all shops"
        two.put(DATA, body, "bo")
        spec = leased(two)
        assert spec is not None
        assert spec.inputs[0].place is not None
        assert spec.inputs[0].place.prefix == "first"

    def test_the_latest_is_the_one_that_it_was(self, two: Two):
        assert submitted(two, LATEST).status == 201
        two.put(DATA.replace("versions/1", "versions/2"), data("second"), "bo")
        spec = leased(two)
        assert spec is not None
        assert spec.inputs[0].place is not None
        assert spec.inputs[0].place.prefix == "first"

    def test_nobody_else_says_what_was_pinned(self, two: Two):
        assert submitted(two, SALES).status == 201
        two.put(DATA.replace("versions/1", "versions/2"), data("second"), "bo")
        before = two.made("bo", Request("GET", JOB)).json()["properties"]
        pinned = {**before["pinned"], "inputs.i": {"id": DATA.replace("versions/1", "versions/2")}}
        for method, said in (("PUT", {**before, "pinned": pinned}), ("PATCH", {"pinned": pinned})):
            two.made("bo", Request(method, JOB, {"properties": said}))
            after = two.made("bo", Request("GET", JOB)).json()["properties"]
            assert after["pinned"] == before["pinned"]


class TestNamedAtSubmission:
    @pytest.mark.parametrize(
        ("kind", "uri", "words"),
        [
            ("uri_file", "azureml:none:1", "there is no data asset `none` version `1`"),
            ("uri_folder", "none@latest", "there is no data asset `none`"),
            ("custom_model", "azureml:none:7", "there is no model `none` version `7`"),
            ("mltable", "azureml:sales:2", "there is no data asset `sales` version `2`"),
        ],
    )
    def test_an_asset_that_is_not_there_is_refused(self, two: Two, kind: str, uri: str, words: str):
        answer = submitted(two, {"inputs": {"i": {"jobInputType": kind, "uri": uri}}})
        assert (answer.status, answer.code) == (404, "LinkedResourceNotFound")
        error = answer.json()["error"]
        assert words in error["message"]
        assert error["target"] == "$.properties.inputs.i.uri"
        assert two.get("bo", JOB).status == 404

    @pytest.mark.parametrize("field", ["inputs", "outputs"])
    def test_what_is_no_place_at_all_is_refused(self, two: Two, field: str):
        kind = f"job{field[:-1].title()}Type"
        answer = submitted(two, {field: {"x": {kind: "uri_folder", "uri": "./somewhere"}}})
        assert (answer.status, answer.code) == (400, "InvalidDataUri")
        assert answer.json()["error"]["target"] == f"$.properties.{field}.x.uri"

    def test_an_environment_that_is_not_there_is_refused_by_its_label_too(self, two: Two):
        answer = submitted(two, {"environmentId": "none@latest"})
        assert (answer.status, answer.code) == (404, "LinkedResourceNotFound")
        assert submitted(two, {"environmentId": "own@latest"}).status == 201
        spec = leased(two)
        assert spec is not None
        assert spec.environment.image == "docker.io/python:3"

    def test_of_an_environment_that_is_there_the_label_is_what_is_missing(self, two: Two):
        answer = submitted(two, {"environmentId": "own@nolabel"})
        assert (answer.status, answer.code) == (404, "LinkedResourceNotFound")
        assert "`nolabel` is no label" in answer.json()["error"]["message"]

    @pytest.mark.parametrize("component", ["none:1", "none@latest", "numbat-components@none"])
    def test_a_component_that_is_not_there_is_refused_however_it_is_named(
        self, two: Two, component: str
    ):
        answer = submitted(two, {"componentId": component})
        assert (answer.status, answer.code) == (404, "LinkedResourceNotFound")
        assert answer.json()["error"]["target"] == "$.properties.componentId"
        for there in ("numbat-components:1", "numbat-components@latest"):
            assert submitted(two, {"componentId": there}, f"{JOB}-{len(there)}").status == 201

    @pytest.mark.parametrize(
        ("uri", "status", "code"),
        [
            ("https://elsewhere.example/a.csv?sig=x", 400, "InvalidDataUri"),
            ("https://stelse.blob.core.windows.net/c/a?sig=x", 400, "DatastoreNotFound"),
            ("wasbs://c@stelse.blob.core.windows.net/a", 400, "DatastoreNotFound"),
            ("azureml://registries/azureml/data/d/versions/1", 400, "InvalidDataUri"),
            ("azureml://locations/westeurope/workspaces/w/data/d", 400, "InvalidDataUri"),
            (DATA.replace("sales", "s%31"), 400, "InvalidRequestContent"),
            ("azureml://jobs/numbat-job/outputs/none", 404, "OutputNotFound"),
            ("azureml://jobs/none/outputs/artifacts/paths/x", 404, "RunNotFound"),
        ],
    )
    def test_what_could_never_be_read_is_refused_at_its_place(
        self, two: Two, uri: str, status: int, code: str
    ):
        answer = submitted(two, {"inputs": {"i": {"jobInputType": "uri_file", "uri": uri}}})
        assert (answer.status, answer.code) == (status, code)
        assert answer.json()["error"]["target"] == "$.properties.inputs.i.uri"

    def test_so_is_an_asset_that_lies_where_nothing_can_be_read(self, two: Two):
        body = data("x")
        body["properties"]["dataUri"] = "https://elsewhere.example/a"
        two.put(DATA.replace("versions/1", "versions/9"), body, "bo")
        named = {"i": {"jobInputType": "uri_folder", "uri": "sales:9"}}
        answer = submitted(two, {"inputs": named})
        assert (answer.status, answer.code) == (400, "InvalidDataUri")
        assert answer.json()["error"]["target"] == "$.properties.inputs.i.uri"

    @pytest.mark.parametrize(("kind", "path"), [("uri_folder", "first"), ("custom_model", "m")])
    def test_of_data_and_a_model_of_one_name_the_inputs_type_decides(
        self, two: Two, kind: str, path: str
    ):
        two.put(MODEL, model("m"), "bo")
        assert submitted(two, {"inputs": {"i": {"jobInputType": kind, "uri": "sales:1"}}})
        spec = leased(two)
        assert spec is not None
        assert spec.inputs[0].place is not None
        assert spec.inputs[0].place.prefix == path


class TestOfAnotherWorkspace:
    """A short address is meant in the workspace of the asset, not in that of the job."""

    @pytest.fixture
    def two(self, fresh: Two) -> Two:
        fresh.put(ENVIRONMENT, image("docker.io/python:3"), "bo")
        fresh.put(THEIRS, data("theirs"), "eve")
        fresh.put(THEIR_MODEL, model("theirs"), "eve")
        return fresh

    @pytest.mark.parametrize(("kind", "id"), [("uri_folder", "data"), ("custom_model", "models")])
    def test_a_job_reads_the_asset_that_it_names(self, two: Two, kind: str, id: str):
        two.grant(B.workspace, SCIENTIST, two.ids["bo"])
        uri = f"{B.workspace}/{id}/sales/versions/1"
        named = {"i": {"jobInputType": kind, "uri": uri}}
        assert submitted(two, {"inputs": named}).status == 201
        spec = leased(two)
        assert spec is not None
        place = spec.inputs[0].place
        assert place is not None
        assert place.prefix == "theirs"
        assert f"st{B.mark}" in place.url
        assert two.container_of("eve", B) in place.url

    def test_with_the_submitters_rights_there(self, two: Two):
        assert submitted(two, {"inputs": THEIR_SALES}).status == 403
        two.grant(B.workspace, READER, two.ids["bo"])
        assert submitted(two, {"inputs": THEIR_SALES}).status == 201
        assert failed(two)[0] == "AuthorizationFailed"


class TestRuns:
    def run(self, two: Two, id: str) -> dict[str, Any]:
        target = f"{A.mlflow}/mlflow/runs/get?run_id={id}"
        return dict(two.made("bo", Request("GET", target)).json()["run"]["info"])

    def test_a_job_does_not_take_the_name_of_somebodys_run(self, two: Two):
        before = self.run(two, two.bo.run)
        answer = submitted(two, {}, f"{A.workspace}/jobs/{two.bo.run}")
        assert (answer.status, answer.code) == (409, "RunAlreadyExists")
        assert self.run(two, two.bo.run) == before

    def test_nor_that_of_a_job_that_was_deleted(self, two: Two):
        assert submitted(two, {}).status == 201
        two.made("bo", Request("DELETE", JOB))
        two.work()
        before = self.run(two, "waiting")
        assert submitted(two, {}).code == "RunAlreadyExists"
        assert self.run(two, "waiting") == before

    def test_a_job_that_is_sent_again_is_the_same_job(self, two: Two):
        assert submitted(two, SALES).status == 201
        assert submitted(two, SALES).status == 200
        assert leased(two) is not None
        assert submitted(two, SALES).status == 200
