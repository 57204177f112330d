"""Ways around: other spellings, ids through another's address, references, lists and their ends."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.asking import Request
from tests.access.leaks import leaked
from tests.access.two_workspaces import JSON, ML, SUBSCRIPTION, A, B, Two, quoted

UP = ("../", "%2e%2e/", "%2E%2e%2f", "..%2f", "..%5c", "%252e%252e/", "//", "./", "%00")


def ask(two: Two, request: Request, who: str = "eve") -> int:
    """The status; whatever it is, nothing of bo's is told."""
    answer = two.ask(who, request)
    assert leaked(two.bo, request, answer) == set(), f"{request.target}: {answer.text[:1000]}"
    assert answer.status < 500 or answer.status == 501, request.target
    return answer.status


class TestSpellings:
    @pytest.mark.parametrize("up", UP)
    def test_no_path_leads_out_of_ones_own_workspace(self, two: Two, up: str):
        own, other = B.workspace, A.workspace.removeprefix("/")
        inner = f"ExperimentRun/dcid.{two.bo.run}/numbat.txt"
        for target in (
            f"{own}/{up * 8}{other}",
            f"{own}/{up}mlw-{A.mark}/data",
            f"{own}/data/{up}{up}{up}mlw-{A.mark}/data",
            f"{B.group}/{up}rg-{A.mark}/providers/{ML}/workspaces/mlw-{A.mark}",
            f"{B.mlflow}/{up * 12}{other}/api/2.0/mlflow/experiments/get?experiment_id=2",
            f"{B.mlflow}/mlflow-artifacts/artifacts/{up}{two.bo.guid}/{inner}",
            f"{B.mlflow}/mlflow-artifacts/artifacts/{up}azureml-{two.bo.guid}/{inner}",
            f"{B.mlflow}/mlflow-artifacts/artifacts?path={up}azureml-{two.bo.guid}",
            f"/history/v1.0{own}/runs/{up}{two.bo.run}",
            f"/history/v1.0{own}/{up}mlw-{A.mark}/runs/{two.bo.run}",
            f"{B.blobs}/{up}st{A.mark}/{two.bo.container}/numbat/data.csv",
            f"{B.blobs}/{two.container_of('eve', B)}/{up * 3}{two.bo.container}/numbat/data.csv",
        ):
            assert ask(two, Request("GET", target)) in (400, 403, 404), target

    @pytest.mark.parametrize(
        "target",
        [
            A.workspace.upper(),
            A.workspace.lower(),
            f"/{A.workspace}",
            A.workspace.replace("/providers", "//providers"),
            f"/mferp/managementfrontend{A.workspace}",
            f"/MFERP/managementfrontend/{A.workspace}/data",
            f"{A.workspace}/",
            f"{A.workspace}/data/",
            f"{A.workspace}/DATA/NUMBAT-DATA/versions/1",
            f"//_blob/st{A.mark}?comp=list",
            f"/_blob//st{A.mark}?comp=list",
            f"/_BLOB/st{A.mark}?comp=list",
            f"/_blob/ST{A.mark.upper()}?comp=list",
            f"/_blob/st{A.mark}.blob.core.windows.net?comp=list",
            f"/MLFLOW/v1.0{A.workspace}/api/2.0/mlflow/experiments/search",
            f"/mlflow/V1.0{A.workspace.upper()}/api/2.0/mlflow/experiments/search",
            f"/mlflow/v2.0/{A.workspace}/api/2.0/mlflow/experiments/search",
            f"/mlflow/v9.0{A.workspace}/api/2.0/mlflow/experiments/search",
            f"/HISTORY/v9.9{A.workspace.upper()}/runs/numbat-job",
        ],
    )
    def test_no_spelling_of_an_address_opens_it(self, two: Two, target: str):
        assert ask(two, Request("GET", target)) in (400, 403, 404)

    def test_the_same_spellings_are_answered_to_bo(self, two: Two):
        for target in (
            A.workspace.upper(),
            f"/mferp/managementfrontend{A.workspace}",
            A.workspace.replace("/providers", "//providers"),
            f"/_blob/ST{A.mark.upper()}?comp=list",
            f"/mlflow/v1.0{A.workspace.upper()}/api/2.0/mlflow/experiments/search?max_results=9",
        ):
            assert two.get("bo", target).status == 200, target

    def test_an_account_is_no_other_under_its_own_host(self, two: Two):
        for host in (f"st{A.mark}.blob.core.windows.net", f"st{A.mark}.dfs.core.windows.net"):
            request = Request("GET", "/?comp=list", headers={"host": host})
            assert ask(two, request) == 403
            assert ask(two, request, "") == 401
        there = Request("GET", "/?comp=list", headers={"host": f"st{A.mark}.blob.local"})
        assert two.ask("bo", there).status == 200


class TestIdsThroughAnother:
    """Whoever knows an id of bo's learns no more by asking for it in their own workspace."""

    def test_runs_experiments_and_models_are_of_their_workspace(self, two: Two):
        bo = two.bo
        for path in (
            f"runs/get?run_id={bo.run}",
            f"artifacts/list?run_id={bo.run}",
            f"experiments/get?experiment_id={bo.experiment}",
            "experiments/get-by-name?experiment_name=numbat-lab",
            f"metrics/get-history?run_id={bo.run}&metric_key=numbat-loss",
            f"metrics/get-history-bulk?run_id={bo.run}&metric_key=numbat-loss",
            f"logged-models/{bo.model}",
            "registered-models/get?name=numbat-registered",
            "model-versions/get?name=numbat-registered&version=1",
            "registered-models/get?name=../../mlw-quokka/models/numbat-registered",
        ):
            assert ask(two, Request("GET", f"{B.mlflow}/mlflow/{path}")) in (400, 404), path

    def test_nothing_is_written_to_them(self, two: Two):
        bo = two.bo
        metric = {"key": "numbat-loss", "value": 9.0, "timestamp": 9, "step": 9}
        bodies: dict[str, dict[str, Any]] = {
            "runs/log-batch": {"run_id": bo.run, "metrics": [metric]},
            "runs/update": {"run_id": bo.run, "run_name": "eve"},
            "runs/delete": {"run_id": bo.run},
            "runs/create": {"experiment_id": bo.experiment},
            "runs/outputs": {"run_id": bo.run, "models": [{"model_id": bo.model, "step": 0}]},
            "experiments/delete": {"experiment_id": bo.experiment},
            "logged-models": {"experiment_id": bo.experiment, "name": "eve"},
            "model-versions/create": {
                "name": "numbat-registered",
                "source": f"models:/{bo.model}",
                "run_id": bo.run,
            },
        }
        for path, body in bodies.items():
            request = Request("POST", f"{B.mlflow}/mlflow/{path}", body, JSON)
            assert ask(two, request) in (400, 404), path
        run = two.get("bo", f"{A.mlflow}/mlflow/runs/get?run_id={bo.run}").json()["run"]
        assert run["info"]["run_name"] == "numbat-run"
        assert [one["value"] for one in run["data"]["metrics"]] == [0.5]

    def test_searches_by_them_find_nothing(self, two: Two):
        asked = {"experiment_ids": [two.bo.experiment, two.bo.old_experiment]}
        for path in ("runs/search", "logged-models/search", "experiments/search-datasets"):
            request = Request("POST", f"{B.mlflow}/mlflow/{path}", asked, JSON)
            assert ask(two, request) == 200, path

    def test_history_knows_only_its_own_workspaces_runs(self, two: Two):
        head = f"/history/v1.0{B.workspace}"
        for tail in ("", "/details", "/children", "/artifacts", "/artifacts/contentinfo?path=a"):
            for run in (two.bo.run, "numbat-job"):
                status = ask(two, Request("GET", f"{head}/runs/{run}{tail}"))
                assert status == (200 if tail == "/children" else 404), tail
        for run in (two.bo.run, "numbat-job", "../../mlw-quokka/jobs/numbat-job"):
            assert ask(two, Request("POST", f"{head}/rundata", {"runId": run})) == 404

    def test_assets_are_not_resolved_for_another(self, two: Two):
        asset = f"{A.workspace}/data/numbat-data/versions/1"
        target = f"/data/v1.0{B.workspace}/dataversion/batchGetResolvedUris"
        assert ask(two, Request("POST", target, {"values": [asset]})) == 403

    def test_the_same_name_in_two_workspaces_is_two_things(self, fresh: Two):
        for who, place in (("bo", A), ("eve", B)):
            environment = f"{place.workspace}/environments/one/versions/1"
            fresh.put(environment, {"properties": {"image": f"{who}:1"}}, who)
            job = {"jobType": "Command", "command": f"echo {who}", "environmentId": "one:1"}
            fresh.put(f"{place.workspace}/jobs/same", {"properties": job}, who)
            fresh.mlflow(who, place, "experiments/create", {"name": "same"})
            fresh.mlflow(who, place, "registered-models/create", {"name": "same"})
        for who, place in (("bo", A), ("eve", B)):
            job = fresh.get(who, f"{place.workspace}/jobs/same").json()
            assert job["properties"]["command"] == f"echo {who}"
            run = fresh.get(who, f"/history/v1.0{place.workspace}/runs/same").json()
            assert run["createdBy"]["userName"] == who


class TestWorkspaceHeader:
    TARGET = "/mlflow/api/2.0/mlflow/experiments/search?max_results=100"

    @pytest.mark.parametrize(
        "name",
        [
            f"mlw-{A.mark}",
            f"MLW-{A.mark.upper()}",
            A.workspace,
            A.workspace.upper(),
            f"/{A.workspace}",
            f"{A.workspace}/",
            f"{B.workspace}/../mlw-{A.mark}",
            f"{B.workspace}/{A.workspace}",
            f"/mferp/managementfrontend{A.workspace}",
        ],
    )
    def test_it_opens_no_other_workspace(self, two: Two, name: str):
        request = Request("GET", self.TARGET, headers={"x-mlflow-workspace": name})
        assert ask(two, request) in (403, 404)

    @pytest.mark.parametrize("name", [f"mlw-{A.mark}", A.workspace])
    def test_it_opens_ones_own(self, two: Two, name: str):
        request = Request("GET", self.TARGET, headers={"x-mlflow-workspace": name})
        found = two.ask("bo", request)
        assert found.status == 200
        assert "numbat-lab" in found.text


class TestLists:
    KINDS = ",".join(
        f"{ML}/workspaces{tail}" for tail in ("", "/data", "/models", "/jobs", "/connections")
    )

    @pytest.mark.parametrize("top", ["1", "2", "1000"])
    def test_pages_over_the_estate_hold_ones_own_alone(self, two: Two, top: str):
        groups = "Microsoft.Resources/subscriptions/resourceGroups"
        kinds = f"{self.KINDS},{groups},Microsoft.Authorization/roleAssignments"
        target = f"/estate/v1/resources?types={kinds}&$top={top}"
        rows: list[Any] = []
        while target:
            request = Request("GET", target)
            page = two.ask("eve", request).json()
            assert leaked(two.bo, request, two.ask("eve", request)) == set()
            rows += page["value"]
            target = page.get("nextLink", "").partition("8443")[2]
        assert [row["name"] for row in rows] == [f"mlw-{B.mark}"]

    @pytest.mark.parametrize("scope", [SUBSCRIPTION, f"/{SUBSCRIPTION}", ""])
    def test_lists_far_above_hold_ones_own_alone(self, two: Two, scope: str):
        target = f"{scope}/providers/{ML}/workspaces?$top=1"
        answer = two.get("eve", target)
        assert [row["name"] for row in answer.json()["value"]] == [f"mlw-{B.mark}"]
        # A next page would tell that there are more.
        assert "nextLink" not in answer.json()
        assert two.get("stranger", target).json() == {"value": []}

    def test_groups_are_seen_by_who_may_read_them(self, two: Two):
        for who, seen in (("admin", 2), ("eve", 0), ("stranger", 0)):
            found = two.get(who, f"{SUBSCRIPTION}/resourceGroups").json()
            assert len(found["value"]) == seen

    def test_a_subscription_that_is_not_there_is_as_empty_as_one_that_is(self, two: Two):
        other = SUBSCRIPTION.replace("1111-", "2222-", 1)
        for tail in ("resourceGroups", f"providers/{ML}/workspaces"):
            there, absent = (two.get("stranger", f"{s}/{tail}") for s in (SUBSCRIPTION, other))
            assert (there.status, there.body) == (absent.status, absent.body)

    def test_page_tokens_of_another_open_nothing(self, two: Two):
        page = two.get("bo", f"{A.workspace}/datastores?$top=1").json()
        token = page["nextLink"].rpartition("=")[2]
        answer = two.get("eve", f"{B.workspace}/datastores?$skipToken={token}")
        request = Request("GET", f"{B.workspace}/datastores?$skipToken={token}")
        assert answer.status == 200
        assert leaked(two.bo, request, answer) == set()

    @pytest.mark.parametrize("word", ["²", "9" * 5000, "-1", "0", "x", ""])
    def test_a_size_of_page_that_is_none_is_no_fault_of_ours(self, two: Two, word: str):
        for target in (f"{B.workspace}/data", f"/estate/v1/resources?types={ML}/workspaces"):
            mark = "&" if "?" in target else "?"
            assert ask(two, Request("GET", f"{target}{mark}$top={quoted(word)}")) in (200, 400)
        place = f"/estate/v1/resources?types={ML}/workspaces&$skipToken={quoted(word)}:"
        assert ask(two, Request("GET", place)) in (200, 400)


class TestOperations:
    def test_what_is_being_done_is_told_to_who_asked_for_it_alone(self, two: Two):
        there = two.bo.operation
        absent = f"{there[:-4]}0000"
        for who in ("eve", "stranger"):
            assert ask(two, Request("GET", there), who) == 403
            answers = [two.get(who, target) for target in (there, absent)]
            assert answers[0].body == answers[1].body
        assert two.get("bo", there).json()["status"] == "Succeeded"


class TestNothingElse:
    @pytest.mark.parametrize(
        "target",
        [
            "/healthz/x",
            "/readyz/x",
            "/metrics/x",
            "/metadata/x",
            "/estate/v1/x",
            "/estate/x",
            "/x/oauth2/v2.0/x",
            "/x/discovery/x",
            "/history/v1.0/x",
            "/mlflow/x",
            "/mlflow/api/2.0/x",
            "/_blob/",
            "//_blob/x",
            "/tenants/x",
            "/favicon.ico",
            "/providers/x/y/z",
            "/",
        ],
    )
    def test_an_address_that_is_not_there_is_told_only_to_who_is_known(self, two: Two, target: str):
        assert two.get("", target).status == 401
        assert two.get("garbage", target).status == 401
        assert two.get("stranger", target).status in (400, 403, 404)

    @pytest.mark.parametrize(
        "target",
        ["/healthz", "/readyz", "/metadata/endpoints", "/discovery", "/common/discovery/instance"],
    )
    def test_what_is_open_is_open_to_its_own_method_alone(self, two: Two, target: str):
        assert two.get("", target).status in (200, 400)
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            assert two.ask("", Request(method, target)).status == 401
            assert two.ask("eve", Request(method, target)).status == 405

    def test_an_unknown_type_is_told_to_everybody_alike(self, two: Two):
        for method, target in (
            ("GET", f"{A.workspace}/unheard"),
            ("GET", f"{A.workspace}/unheard/x"),
            ("PUT", f"{A.workspace}/unheard/x"),
            ("DELETE", f"{A.workspace}/unheard/x"),
            ("POST", f"{A.workspace}/unheard/x/act"),
            ("POST", f"{A.workspace}/data/x/act"),
        ):
            told = [two.ask(who, Request(method, target)) for who in ("admin", "eve")]
            assert [answer.status for answer in told] == [404, 404]
            assert told[0].body == told[1].body
