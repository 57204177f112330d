"""The files of registered models: who registers a place lends no more of it than they can open."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.runtime.protocol import Claim
from tests.access.asking import REGION, Answer, Request
from tests.access.two_workspaces import BLOB_OWNER, ML, READER, SCIENTIST, A, B, Two

WORKSPACES = f"{ML}/workspaces"
REGISTRAR = (f"{WORKSPACES}/*/read", f"{WORKSPACES}/models/*", f"{WORKSPACES}/experiments/*")
NUMBAT = "azureml://datastores/workspaceblobstore/paths/numbat"


@pytest.fixture
def lent(fresh: Two) -> Two:
    """Cass registers models and opens no datastore; ria reads."""
    fresh.ids["cass"] = fresh.person("cass")
    fresh.custom(A.workspace, fresh.ids["cass"], *REGISTRAR)
    fresh.grant(A.workspace, READER, fresh.person("ria"))
    fresh.blob("bo", f"{A.blobs}/{fresh.bo.container}/numbat-next/other.csv", b"numbat,2\n")
    return fresh


def register(two: Two, who: str, uri: str = NUMBAT, name: str = "peek", **more: Any) -> Answer:
    id = f"{A.workspace}/models/{name}/versions/1"
    body = {"properties": {"modelUri": uri, "modelType": "custom_model", **more}}
    return two.made(who, Request("PUT", id, body))


def asked(name: str = "peek", last: str = "numbat", file: str = "data.csv") -> tuple[str, ...]:
    """All the ways to a registered model's files, and to their names."""
    artifacts = f"{A.mlflow}/mlflow-artifacts/artifacts"
    history = f"/history/v1.0{A.workspace}/runs/{name}:1/artifacts"
    return (
        f"{artifacts}/Models/{name}/1/{last}/{file}",
        f"{artifacts}?path=Models/{name}/1/{last}",
        f"{history}/path?path={last}",
        f"{history}/metadata?path={last}/{file}",
        f"{history}/contentinfo?path={last}/{file}",
        f"{history}/prefix/contentinfo?path={last}",
    )


def statuses(two: Two, who: str, targets: tuple[str, ...] = asked()) -> set[int]:
    return {two.get(who, target).status for target in targets}


def content(two: Two, who: str, file: str = "numbat/data.csv") -> str:
    """The address of a file's content, without its origin."""
    target = f"/history/v1.0{A.workspace}/runs/peek:1/artifacts/contentinfo?path={file}"
    uri = two.made(who, Request("GET", target)).json()["contentUri"]
    return "/" + uri.split("/", 3)[3]


def test_who_cannot_open_a_place_does_not_open_it_by_registering_it(lent: Two):
    assert "shared" not in register(lent, "cass").json()["properties"]
    for who in ("cass", "ria"):
        assert statuses(lent, who) == {403}
    # To whom it is open anyway, it is.
    assert statuses(lent, "bo") == {200}


def test_who_can_open_it_lets_the_readers_of_artifacts_read_it(lent: Two):
    assert register(lent, "bo").json()["properties"]["shared"] is True
    for who in ("cass", "ria", "bo"):
        assert statuses(lent, who) == {200}
    assert lent.get("", content(lent, "ria")).body == b"numbat,1\n"


def test_nobody_says_by_themselves_that_it_is_lent(lent: Two):
    register(lent, "cass", shared=True)
    register(lent, "cass", shared=True)
    id = f"{A.workspace}/models/peek/versions/1"
    lent.ask("cass", Request("PATCH", id, {"properties": {"shared": True}}))
    assert statuses(lent, "cass") == {403}
    # Who can open it decides about what they register, not about what others did.
    register(lent, "bo")
    assert statuses(lent, "cass") == {403}


@pytest.mark.parametrize(
    "uri",
    [
        f"azureml:/{A.workspace}/datastores/workspaceblobstore/paths/numbat".replace(
            f"providers/{ML}/", ""
        ),
        f"https://st{A.mark}.blob.core.windows.net/CONTAINER/numbat",
        f"wasbs://CONTAINER@st{A.mark}.blob.core.windows.net/numbat",
        "azureml://datastores/numbatstore/paths/numbat/",
    ],
)
def test_no_spelling_of_the_place_opens_it(lent: Two, uri: str):
    register(lent, "cass", uri.replace("CONTAINER", lent.bo.container))
    assert statuses(lent, "cass") == {403}


@pytest.mark.parametrize("tail", ["", "/paths/", "/paths//"])
def test_a_whole_container_is_never_lent(lent: Two, tail: str):
    uri = f"azureml://datastores/workspaceblobstore{tail}"
    assert "shared" not in register(lent, "bo", uri).json()["properties"]
    for path in ("Models/peek/1", "Models/peek/1/numbat", "Models/peek/1/paths"):
        listing = f"{A.mlflow}/mlflow-artifacts/artifacts?path={path}"
        assert lent.get("ria", listing).status in (403, 404)


def test_a_models_signature_is_for_its_own_files(lent: Two):
    for at in ("numbat/data.csv", "deep/er/a.bin", "deep/other/b.bin"):
        lent.blob("bo", f"{A.blobs}/{lent.bo.container}/{at}", b"x")
    register(lent, "bo", "azureml://datastores/workspaceblobstore/paths/deep/er")
    path, _, token = content(lent, "ria", "er/a.bin").partition("?")
    assert lent.get("", f"{path}?{token}").body == b"x"
    for other in ("deep/other/b.bin", "numbat/data.csv", "deep/er2"):
        assert lent.get("", f"{A.blobs}/{lent.bo.container}/{other}?{token}").status == 403


def test_names_beside_a_model_are_not_listed_with_it(lent: Two):
    register(lent, "bo")
    for target in asked():
        assert "numbat-next" not in lent.get("ria", target).text


def test_a_model_that_is_one_file_is_lent_alone(lent: Two):
    lent.blob("bo", f"{A.blobs}/{lent.bo.container}/numbat/data.csv.old", b"x")
    register(lent, "bo", f"{NUMBAT}/data.csv")
    path, _, token = content(lent, "ria", "data.csv").partition("?")
    assert lent.get("", f"{path}?{token}").body == b"numbat,1\n"
    assert lent.get("", f"{path}.old?{token}").status == 403


def test_a_signature_ends_with_the_model(lent: Two):
    register(lent, "bo")
    address = content(lent, "ria")
    lent.made("bo", Request("DELETE", f"{A.workspace}/models/peek/versions/1"))
    assert lent.get("", address).status == 403
    # Nor is it for what is registered under the name next.
    register(lent, "cass")
    assert lent.get("", address).status == 403


def test_what_leads_elsewhere_by_now_is_not_lent(lent: Two):
    """The datastore is another one than that which bo opened."""
    store = lent.bo.documents[f"{WORKSPACES}/datastores"]
    lent.put(store[0].replace("numbatstore", "moves"), store[1], "bo")
    register(lent, "bo", "azureml://datastores/moves/paths/numbat")
    address = content(lent, "ria")
    lent.made("bo", Request("DELETE", store[0].replace("numbatstore", "moves")))
    lent.clock.ahead += 60
    lent.put(store[0].replace("numbatstore", "moves"), store[1], "bo")
    assert statuses(lent, "ria") == {403}
    assert lent.get("", address).status == 403


def test_a_workspace_lends_nothing_of_another(lent: Two):
    """Eve may open bo's container, and her readers may not."""
    lent.grant(A.workspace, SCIENTIST, lent.ids["eve"])
    lent.grant(A.account, BLOB_OWNER, lent.ids["eve"])
    lent.grant(B.workspace, READER, lent.person("rob"))
    uri = f"azureml:/{A.workspace}/datastores/workspaceblobstore/paths/numbat"
    body = {"properties": {"modelUri": uri.replace(f"providers/{ML}/", "")}}
    lent.put(f"{B.workspace}/models/peek/versions/1", body, "eve")
    target = f"{B.mlflow}/mlflow-artifacts/artifacts/Models/peek/1/numbat/data.csv"
    assert (lent.get("eve", target).status, lent.get("rob", target).status) == (200, 403)


def test_a_runs_artifacts_are_read_as_such_wherever_they_are_registered(lent: Two):
    """MLflow's uploads: who registers them needs no key, and a job has none."""
    folder = f"ExperimentRun/dcid.{lent.bo.run}"
    uri = f"azureml://datastores/workspaceartifactstore/paths/{folder}/numbat.txt"
    register(lent, "cass", uri)
    address = content(lent, "ria", "numbat.txt")
    assert lent.get("", address).body == b"numbat artifact"
    target = f"{A.mlflow}/mlflow-artifacts/artifacts/Models/peek/1/numbat.txt"
    assert lent.get("ria", target).body == b"numbat artifact"


def test_a_job_opens_no_datastore_by_registering_a_model(lent: Two):
    token = lent.job_token(f"{A.workspace}/jobs/numbat-job", lent.ids["bo"])
    register(lent, token)
    assert statuses(lent, token) == {403}
    assert statuses(lent, "ria") == {403}
    # What its submitter registered it reads like anybody else.
    register(lent, "bo", name="whole")
    assert statuses(lent, token, asked("whole")) == {200}


def test_data_gives_nobody_what_its_place_does_not(lent: Two):
    """It is read as an input, by whoever submits the job: with the right on its datastore."""
    lent.custom(A.workspace, lent.ids["cass"], f"{WORKSPACES}/data/*", f"{WORKSPACES}/jobs/*")
    data = f"{A.workspace}/data/peek/versions/1"
    said = {"dataType": "uri_folder", "dataUri": f"{NUMBAT}/"}
    made = lent.made("cass", Request("PUT", data, {"properties": said}))
    assert "shared" not in made.json()["properties"]
    one = {"jobInputType": "uri_folder", "uri": data}
    job = {
        "jobType": "Command",
        "command": "cat",
        "environmentId": "azureml:numbat-environments:1",
        "inputs": {"one": one},
    }
    for who in ("cass", "bo"):
        lent.put(f"{A.workspace}/jobs/{who}s", {"properties": job}, who)
    leases = lent.estate.queue.claim(REGION, Claim(node="n", free=8)).leases
    assert {lease.job.rpartition("/")[2] for lease in leases} == {"numbat-job", "bos"}
    failed = lent.get("cass", f"{A.workspace}/jobs/casss").json()["properties"]["error"]
    assert failed["code"] == "AuthorizationFailed"
