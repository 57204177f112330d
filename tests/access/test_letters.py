"""The letters of signatures: no more than whoever asked may do, and a job's end with it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest

from mlestate.app.joints.letters import held
from mlestate.blob.sas import Right
from mlestate.core.access import Caller, Grant, Permission, Rights, Role
from tests.access.asking import REGION, Answer, Request
from tests.access.two_workspaces import ML, A, Two

WORKSPACES = f"{ML}/workspaces"
PUT_BLOB = {"x-ms-blob-type": "BlockBlob"}
JOB = f"{A.workspace}/jobs/numbat-job"


def written(two: Two, who: str, run: str) -> str:
    """An address to write a run's artifact to, without its origin."""
    history = f"/history/v1.0{A.workspace}/runs/{run}/artifacts/batch/metadata"
    said = two.made(who, Request("POST", history, {"paths": [{"path": "numbat.txt"}]})).json()
    uri = said["artifactContentInformation"]["numbat.txt"]["contentUri"]
    return "/" + uri.split("/", 3)[3]


def read(two: Two, who: str, run: str) -> str:
    history = f"/history/v1.0{A.workspace}/runs/{run}/artifacts/contentinfo?path=numbat.txt"
    uri = two.made(who, Request("GET", history)).json()["contentUri"]
    return "/" + uri.split("/", 3)[3]


def letters(address: str) -> str:
    return dict(parse_qsl(address.partition("?")[2]))["sp"]


def use(two: Two, address: str, method: str = "GET") -> Answer:
    headers = PUT_BLOB if method == "PUT" else {}
    return two.ask("", Request(method, address, b"x" if method == "PUT" else None, headers))


class TestJobs:
    @pytest.fixture
    def job(self, fresh: Two) -> str:
        return fresh.job_token(JOB, fresh.ids["bo"])

    def test_a_signature_deletes_no_more_than_the_job_does(self, fresh: Two, job: str):
        artifact = f"ExperimentRun/dcid.{fresh.bo.run}/numbat.txt"
        target = f"{A.mlflow}/mlflow-artifacts/artifacts/{artifact}"
        assert fresh.ask(job, Request("DELETE", target)).status == 403
        address = written(fresh, job, fresh.bo.run)
        assert letters(address) == "racwl"
        assert use(fresh, address, "DELETE").status == 403
        assert use(fresh, address).body == b"numbat artifact"
        assert use(fresh, address, "PUT").status == 201

    @pytest.mark.parametrize("signed", [written, read])
    def test_it_ends_with_the_job(
        self, fresh: Two, job: str, signed: Callable[[Two, str, str], str]
    ):
        address = signed(fresh, job, fresh.bo.run)
        assert use(fresh, address).status == 200
        fresh.end_jobs()
        assert use(fresh, address).code == "AuthenticationFailed"
        for method in ("GET", "PUT", "DELETE"):
            assert use(fresh, address, method).status == 403

    def test_it_is_not_for_a_later_lease(self, fresh: Two, job: str):
        address = read(fresh, job, fresh.bo.run)
        fresh.estate.live.hear(REGION, {JOB.lower(): 8})
        assert use(fresh, address).status == 403

    def test_it_is_not_for_another_job_or_for_the_submitter(self, fresh: Two, job: str):
        address = read(fresh, job, fresh.bo.run)
        own = read(fresh, "bo", fresh.bo.run)
        fresh.end_jobs()
        fresh.estate.live.hear(REGION, {f"{JOB}-2".lower(): 7})
        assert (use(fresh, address).status, use(fresh, own).status) == (403, 200)

    def test_the_links_to_its_logs_end_with_it_too(self, fresh: Two, job: str):
        name = JOB.rpartition("/")[2]
        log = f"ExperimentRun/dcid.{name}/user_logs/std_log.txt"
        target = f"{A.mlflow}/mlflow-artifacts/artifacts/{log}"
        fresh.made("bo", Request("PUT", target, b"hello"))
        details = fresh.made(job, Request("GET", f"/history/v1.0{A.workspace}/runs/{name}/details"))
        uri = details.json()["logFiles"]["user_logs/std_log.txt"]
        address = "/" + uri.split("/", 3)[3]
        assert use(fresh, address).body == b"hello"
        fresh.end_jobs()
        assert use(fresh, address).status == 403


class TestPeople:
    def test_who_writes_artifacts_without_reading_them_reads_none(self, fresh: Two):
        write = (f"{WORKSPACES}/metadata/artifacts/write", f"{WORKSPACES}/experiments/runs/read")
        fresh.custom(A.workspace, fresh.person("wim"), *write)
        address = written(fresh, "wim", fresh.bo.run)
        assert letters(address) == "acw"
        assert use(fresh, address).status == 403
        assert use(fresh, address, "PUT").status == 201

    def test_an_upload_deletes_nothing(self, fresh: Two):
        upload, _, token = ("/" + fresh.bo.upload.split("/", 3)[3]).partition("?")
        for address in (f"{upload}/main.py?{token}", written(fresh, "bo", fresh.bo.run)):
            assert use(fresh, address, "PUT").status == 201
            assert use(fresh, address, "DELETE").status == 403

    def test_a_letter_ends_with_the_right_that_it_stands_for(self, fresh: Two):
        """To go on reading takes the right to read, though the signature was made to write."""
        both = [f"{WORKSPACES}/metadata/artifacts/{verb}" for verb in ("write", "read")]
        will = fresh.person("will")
        fresh.custom(A.workspace, will, both[0], f"{WORKSPACES}/experiments/runs/read")
        reads = fresh.custom(A.workspace, will, both[1])
        address = written(fresh, "will", fresh.bo.run)
        assert use(fresh, address).status == 200
        fresh.made("admin", Request("DELETE", reads))
        assert (use(fresh, address).status, use(fresh, address, "PUT").status) == (403, 201)

    def test_a_datastores_own_opens_all_of_it(self, fresh: Two):
        address = f"{A.blobs}/{fresh.bo.container}/numbat/data.csv?{fresh.bo.sas}"
        assert letters(address) == "racwdl"
        assert use(fresh, address, "DELETE").status == 202


@pytest.mark.parametrize(
    ("verbs", "left"),
    [
        (("read",), "rl"),
        (("write",), "acw"),
        (("read", "write"), "racwl"),
        (("delete",), "d"),
        (("read", "write", "delete"), "racwdl"),
        ((), ""),
    ],
)
@pytest.mark.parametrize("thing", ["metadata/artifacts", "codes/versions"])
def test_letters_are_those_of_the_rights_on_the_thing(
    thing: str, verbs: tuple[str, ...], left: str
):
    actions = tuple(f"{WORKSPACES}/{thing}/{verb}" for verb in verbs)
    role = Role("r", "r", (Permission(actions=actions),))
    caller = Caller("a", "ana", "User", Rights([Grant(A.workspace, role)]))
    assert held("racwdl", caller, Right(A.workspace, f"{WORKSPACES}/{thing}/write")) == left
