"""Every address in the table: who may, and that one workspace never shows or changes another's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlestate.api.mlflow import MlflowApp
from mlestate.api.mlflow.probes import not_offered
from mlestate.api.mlflow.request import BODY
from mlestate.api.mlflow.routes import ROUTES, Route
from mlestate.store.tracking import open_tracking
from tests.house import BLUE, RED, Answer, app, ask

SECRET = "crown-jewels"
OFFERED = [route for route in ROUTES if route.handler is not not_offered]
NOT_OFFERED = [route for route in ROUTES if route.handler is not_offered]


class House:
    """RED is furnished: one of each thing, all with the secret somewhere."""

    def __init__(self, app: MlflowApp):
        self.app = app
        self.ids: dict[str, str] = {}

    def ask(self, method: str, path: str, workspace: Any = RED, **more: Any) -> Answer:
        address = f"/mlflow/v3.0{workspace.id}/api/2.0/{path}"
        return asyncio.run(ask(self.app, method, address, **more))

    def do(self, method: str, path: str, **more: Any) -> Any:
        answer = self.ask(method, path, **more)
        assert answer.status == 200, answer.body
        return answer.json()

    def furnish(self) -> None:
        tags = [{"key": "t", "value": SECRET}]
        for name in ("exp", "gone"):
            body = {"name": f"{SECRET}-{name}", "tags": tags}
            self.ids[name] = self.do("POST", "mlflow/experiments/create", body=body)[
                "experiment_id"
            ]
        for name in ("run", "lost"):
            body = {"experiment_id": self.ids["exp"], "run_name": SECRET, "tags": tags}
            made = self.do("POST", "mlflow/runs/create", body=body)
            self.ids[name] = made["run"]["info"]["run_id"]
        run = self.ids["run"]
        body = {
            "run_id": run,
            "metrics": [{"key": "m", "value": 1.5, "timestamp": 7, "step": 1}],
            "params": [{"key": "p", "value": SECRET}],
        }
        self.do("POST", "mlflow/runs/log-batch", body=body)
        dataset = {"dataset": {"name": SECRET, "digest": "d"}, "tags": []}
        self.do("POST", "mlflow/runs/log-inputs", body={"run_id": run, "datasets": [dataset]})
        self.do("POST", "mlflow/runs/delete", body={"run_id": self.ids["lost"]})
        self.do("POST", "mlflow/experiments/delete", body={"experiment_id": self.ids["gone"]})
        body = {"experiment_id": self.ids["exp"], "name": SECRET, "tags": tags}
        made = self.do("POST", "mlflow/logged-models", body=body)
        self.ids["model"] = made["model"]["info"]["model_id"]
        self.ids["file"] = f"ExperimentRun/dcid.{run}/{SECRET}.txt"
        put = self.ask(
            "PUT", f"mlflow-artifacts/artifacts/{self.ids['file']}", body=SECRET.encode()
        )
        assert put.status == 200
        self.do("POST", "mlflow/registered-models/create", body={"name": SECRET, "tags": tags})
        body = {"name": SECRET, "source": f"runs:/{run}/model", "run_id": run, "tags": tags}
        self.do("POST", "mlflow/model-versions/create", body=body)
        body = {"name": SECRET, "alias": "a", "version": "1"}
        self.do("POST", "mlflow/registered-models/alias", body=body)

    def everything(self) -> list[Any]:
        run = self.ids["run"]
        return [
            self.do("GET", "mlflow/runs/get", query=f"run_id={run}"),
            self.do("GET", "mlflow/runs/get", query=f"run_id={self.ids['lost']}"),
            self.do("GET", "mlflow/metrics/get-history", query=f"run_id={run}&metric_key=m"),
            self.do("GET", "mlflow/experiments/search", query="view_type=ALL"),
            self.do("GET", "mlflow/registered-models/search"),
            self.do("GET", "mlflow/model-versions/search"),
            self.do("GET", f"mlflow/logged-models/{self.ids['model']}"),
            self.do("GET", "mlflow-artifacts/artifacts", query=f"path=ExperimentRun/dcid.{run}"),
            self.ask("GET", f"mlflow-artifacts/artifacts/{self.ids['file']}").body,
        ]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    store = open_tracking(str(tmp_path / "tracking.db"))
    house = House(app(store, tmp_path / "artifacts"))
    house.furnish()
    yield house
    store.close()


# Address -> what to send, so that it succeeds in RED. `{…}` is one of the house's ids.
METRIC = {"key": "m", "value": 2, "timestamp": 9, "step": 2}
EXAMPLES: dict[str, Any] = {
    "POST mlflow/runs/log-metric": {"run_id": "{run}", **METRIC},
    "POST mlflow/runs/log-parameter": {"run_id": "{run}", "key": "q", "value": "1"},
    "POST mlflow/runs/log-batch": {"run_id": "{run}", "metrics": [METRIC]},
    "POST mlflow/runs/set-tag": {"run_id": "{run}", "key": "t", "value": "new"},
    "POST mlflow/runs/delete-tag": {"run_id": "{run}", "key": "t"},
    "POST mlflow/runs/log-inputs": {"run_id": "{run}", "models": [{"model_id": "{model}"}]},
    "POST mlflow/runs/outputs": {"run_id": "{run}", "models": [{"model_id": "{model}"}]},
    "POST mlflow/runs/log-model": {
        "run_id": "{run}",
        "model_json": '{{"artifact_path":"x","flavors":{{}},"utc_time_created":"","run_id":""}}',
    },
    "POST mlflow/runs/create": {"experiment_id": "{exp}"},
    "GET mlflow/runs/get": "run_id={run}",
    "POST mlflow/runs/update": {"run_id": "{run}", "status": "FINISHED", "end_time": 9},
    "POST mlflow/runs/delete": {"run_id": "{run}"},
    "POST mlflow/runs/restore": {"run_id": "{lost}"},
    "POST mlflow/runs/search": {"experiment_ids": ["{exp}"], "run_view_type": "ALL"},
    "GET mlflow/metrics/get-history": "run_id={run}&metric_key=m",
    "GET mlflow/metrics/get-history-bulk": "run_id={run}&metric_key=m",
    "GET mlflow/metrics/get-history-bulk-interval": "run_ids={run}&metric_key=m&max_results=5",
    "POST mlflow/experiments/create": {"name": "another"},
    "GET mlflow/experiments/get": "experiment_id={exp}",
    "GET mlflow/experiments/get-by-name": f"experiment_name={SECRET}-exp",
    "POST mlflow/experiments/search": {"view_type": "ALL"},
    "GET mlflow/experiments/search": "view_type=ALL",
    "POST mlflow/experiments/update": {"experiment_id": "{exp}", "new_name": "renamed"},
    "POST mlflow/experiments/delete": {"experiment_id": "{exp}"},
    "POST mlflow/experiments/restore": {"experiment_id": "{gone}"},
    "POST mlflow/experiments/set-experiment-tag": {
        "experiment_id": "{exp}",
        "key": "t",
        "value": "new",
    },
    "POST mlflow/experiments/delete-experiment-tag": {"experiment_id": "{exp}", "key": "t"},
    "POST mlflow/experiments/search-datasets": {"experiment_ids": ["{exp}"]},
    "POST mlflow/logged-models": {"experiment_id": "{exp}", "name": "n", "source_run_id": "{run}"},
    "POST mlflow/logged-models/search": {"experiment_ids": ["{exp}"]},
    "GET mlflow/logged-models/{model_id}": "",
    "PATCH mlflow/logged-models/{model_id}": {"status": 2},
    "DELETE mlflow/logged-models/{model_id}": {},
    "PATCH mlflow/logged-models/{model_id}/tags": {"tags": [{"key": "t", "value": "new"}]},
    "DELETE mlflow/logged-models/{model_id}/tags/{tag_key}": {},
    "POST mlflow/logged-models/{model_id}/params": {"params": [{"key": "p", "value": "new"}]},
    "GET mlflow/logged-models/{model_id}/artifacts/directories": "",
    "POST mlflow/registered-models/create": {"name": "another"},
    "GET mlflow/registered-models/get": f"name={SECRET}",
    "POST mlflow/registered-models/rename": {"name": SECRET, "new_name": "other"},
    "PATCH mlflow/registered-models/update": {"name": SECRET, "description": "new"},
    "DELETE mlflow/registered-models/delete": {"name": SECRET},
    "GET mlflow/registered-models/search": "",
    "POST mlflow/registered-models/search": {},
    "GET mlflow/registered-models/get-latest-versions": f"name={SECRET}",
    "POST mlflow/registered-models/get-latest-versions": {"name": SECRET},
    "POST mlflow/registered-models/set-tag": {"name": SECRET, "key": "t", "value": "new"},
    "DELETE mlflow/registered-models/delete-tag": {"name": SECRET, "key": "t"},
    "POST mlflow/registered-models/alias": {"name": SECRET, "alias": "b", "version": "1"},
    "DELETE mlflow/registered-models/alias": {"name": SECRET, "alias": "a"},
    "GET mlflow/registered-models/alias": f"name={SECRET}&alias=a",
    "POST mlflow/model-versions/create": {
        "name": SECRET,
        "source": "models:/{model}",
        "run_id": "{run}",
    },
    "GET mlflow/model-versions/get": f"name={SECRET}&version=1",
    "PATCH mlflow/model-versions/update": {"name": SECRET, "version": "1", "description": "new"},
    "POST mlflow/model-versions/transition-stage": {
        "name": SECRET,
        "version": "1",
        "stage": "Staging",
    },
    "DELETE mlflow/model-versions/delete": {"name": SECRET, "version": "1"},
    "GET mlflow/model-versions/search": "",
    "POST mlflow/model-versions/search": {},
    "GET mlflow/model-versions/get-download-uri": f"name={SECRET}&version=1",
    "POST mlflow/model-versions/set-tag": {
        "name": SECRET,
        "version": "1",
        "key": "t",
        "value": "new",
    },
    "DELETE mlflow/model-versions/delete-tag": {"name": SECRET, "version": "1", "key": "t"},
    "GET mlflow/artifacts/list": "run_id={run}",
    "POST mlflow/artifacts/presigned-upload-url": {"run_id": "{run}", "path": "x"},
    "POST mlflow/artifacts/presigned-download-url": {"run_id": "{run}", "path": "x"},
    "GET mlflow-artifacts/artifacts": "path=ExperimentRun/dcid.{run}",
    "GET mlflow-artifacts/artifacts/{path}": "",
    "HEAD mlflow-artifacts/artifacts/{path}": "",
    "PUT mlflow-artifacts/artifacts/{path}": b"new",
    "DELETE mlflow-artifacts/artifacts/{path}": {},
    "POST mlflow-artifacts/mpu/create/{path}": {},
    "POST mlflow-artifacts/mpu/complete/{path}": {},
    "POST mlflow-artifacts/mpu/abort/{path}": {},
    "GET mlflow-artifacts/presigned/{path}": "",
    "GET mlflow/server-info": "",
}
UNSUPPORTED = ("presigned", "mpu/")


def name_of(route: Route) -> str:
    return f"{route.method} {route.path.removeprefix('/')}"


def send(house: House, route: Route, workspace: Any = RED, who: str = "rita") -> Answer:
    path = route.path.removeprefix("/").format(
        model_id=house.ids["model"], tag_key="t", path=house.ids["file"]
    )
    example = filled(EXAMPLES[name_of(route)], house.ids)
    if isinstance(example, str):
        return house.ask(route.method, path, workspace, who=who, query=example)
    return house.ask(route.method, path, workspace, who=who, body=example)


def filled(example: Any, ids: dict[str, str]) -> Any:
    if isinstance(example, dict):
        return {key: filled(value, ids) for key, value in example.items()}
    if isinstance(example, list):
        return [filled(one, ids) for one in example]
    return example.format(**ids) if isinstance(example, str) else example


def test_every_address_has_an_example() -> None:
    assert {name_of(route) for route in OFFERED} == set(EXAMPLES)


@pytest.mark.parametrize("route", OFFERED, ids=name_of)
def test_its_own_people_are_answered(house: House, route: Route) -> None:
    wanted = 501 if any(word in route.path for word in UNSUPPORTED) else 200
    answer = send(house, route)
    assert answer.status == wanted, answer.body


@pytest.mark.parametrize("route", OFFERED, ids=name_of)
def test_strangers_are_refused_before_anything_is_looked_up(house: House, route: Route) -> None:
    before = house.everything()
    assert send(house, route, who="").status == 401
    assert send(house, route, who="nobody").status == 401
    for who in ("stranger", "bob"):
        refused = send(house, route, who=who)
        assert (refused.status, refused.json()["error_code"]) == (403, "PERMISSION_DENIED")
        assert route.action in refused.json()["message"]
    nowhere = f"/mlflow/v3.0{RED.id}x/api/2.0{route.path}"
    assert asyncio.run(ask(house.app, route.method, nowhere, who="stranger")).status == 403
    assert house.everything() == before


@pytest.mark.parametrize("route", OFFERED, ids=name_of)
def test_another_workspace_shows_and_changes_nothing_of_this_one(
    house: House, route: Route
) -> None:
    before = house.everything()
    answer = send(house, route, workspace=BLUE, who="both")
    assert answer.status < 500 or any(word in route.path for word in UNSUPPORTED)
    told = answer.body
    if answer.status >= 400:
        # A refusal may repeat what was asked, and nothing else.
        assert answer.status in (400, 404, 501)
    else:
        assert SECRET.encode() not in told
        for thing in ("run", "lost", "model"):
            assert house.ids[thing].encode() not in told
    assert house.everything() == before


@pytest.mark.parametrize("route", OFFERED, ids=name_of)
def test_a_reader_reads_all_and_changes_nothing(house: House, route: Route) -> None:
    before = house.everything()
    answer = send(house, route, who="reader")
    if route.action.endswith("/read"):
        assert answer.status in (200, 501)
    else:
        assert answer.status == 403
    assert house.everything() == before


@pytest.mark.parametrize("route", NOT_OFFERED, ids=name_of)
def test_what_is_not_offered_says_so(house: House, route: Route) -> None:
    answer = house.ask(route.method, route.path.removeprefix("/").replace("{path}", "a/b"))
    assert (answer.status, answer.json()["error_code"]) == (501, "NOT_IMPLEMENTED")


def test_an_unknown_run_and_another_workspaces_run_look_the_same(house: House) -> None:
    run = house.ids["run"]
    other = house.ask("GET", "mlflow/runs/get", BLUE, who="both", query=f"run_id={run}")
    unknown = house.ask("GET", "mlflow/runs/get", BLUE, who="both", query="run_id=" + "0" * 32)
    assert other.status == unknown.status == 404
    assert other.body.replace(run.encode(), b"") == unknown.body.replace(b"0" * 32, b"")


@pytest.mark.parametrize(
    "path",
    [
        "ExperimentRun/../../guid-blue/x",
        "../guid-blue/x",
        "ExperimentRun/./x",
        "ExperimentRun//x",
        "/etc/passwd",
        "ExperimentRun/dcid.a/%2e%2e/x",
        "ExperimentRun/dcid.a/%252e%252e/x",
        "ExperimentRun/dcid.a%2f..%2fx",
        "ExperimentRun\\..\\x",
        "ExperimentRun/a\0b",
        "user_logs/std_log.txt",
        "ExperimentRun",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_no_path_leads_out_of_trackings_own_folders(house: House, method: str, path: str) -> None:
    answer = house.ask(method, f"mlflow-artifacts/artifacts/{path}")
    assert answer.status in (400, 404, 405)
    assert not list(Path(house.app._artifacts.root).rglob("x"))  # type: ignore[attr-defined]


def test_a_range_of_an_artifact(house: House) -> None:
    path = f"mlflow-artifacts/artifacts/{house.ids['file']}"
    for text, status, body in (
        (b"bytes=0-4", 206, b"crown"),
        (b"bytes=6-", 206, b"jewels"),
        (b"bytes=-6", 206, b"jewels"),
        (b"bytes=50-", 416, None),
        (b"nonsense", 200, SECRET.encode()),
    ):
        answer = house.ask("GET", path, headers=[(b"range", text)])
        assert answer.status == status
        assert body is None or answer.body == body


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"{", "not JSON"),
        (b"[]", "Expected `object`"),
        (b'{"run_id":7}', "Expected `str`"),
        (b'{"run_id":"x","key":"m","value":"abc","timestamp":1}', "double"),
        (b'{"run_id":"x","key":"m","value":1,"timestamp":99999999999999999999}', "timestamp"),
        (b'{"run_id":"x","key":"a/../b","value":1,"timestamp":1}', "resolve"),
        (b'{"run_id":"x","key":"m\\u0000","value":1,"timestamp":1}', "NUL character"),
        (b'{"run_id":"\\ud800"}', "`\\ud800` is half a character"),
        (b'{"run_id":"\xff"}', "not JSON"),
        (b"[" * 100_000, "Invalid|not JSON|deep"),
    ],
)
def test_a_malformed_request_is_told_what_is_wrong(house: House, body: bytes, word: str) -> None:
    answer = house.ask("POST", "mlflow/runs/log-metric", body=body)
    assert (answer.status, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert any(one in answer.json()["message"] for one in word.split("|")), answer.json()


def test_a_huge_request_is_refused_unread(house: House) -> None:
    answer = house.ask("POST", "mlflow/runs/log-batch", body=b" " * (BODY + 1))
    assert answer.status == 413


def test_batches_have_mlflows_limits(house: House) -> None:
    run = house.ids["run"]
    for part, count in (("metrics", 1001), ("params", 101), ("tags", 101)):
        one = {"key": "k", "value": 1 if part == "metrics" else "v", "timestamp": 1}
        body = {"run_id": run, part: [one] * count}
        answer = house.ask("POST", "mlflow/runs/log-batch", body=body)
        assert answer.status == 400
        assert f"at most {count - 1} {part}" in answer.json()["message"]


def test_an_unknown_address_needs_a_right_before_it_is_unknown(house: House) -> None:
    for who, status in (("", 401), ("stranger", 403), ("rita", 404)):
        assert house.ask("POST", "mlflow/no-such-thing", who=who).status == status
    assert house.ask("GET", "mlflow/runs/create").status == 405
    assert asyncio.run(ask(house.app, "GET", "/mlflow/elsewhere")).status == 404


def test_the_plugins_addresses_answer_with_azureml_uris(house: House) -> None:
    path = f"/mlflow/v2.0{RED.id}/api/2.0/mlflow/runs/get"
    answer = asyncio.run(ask(house.app, "GET", path, query=f"run_id={house.ids['run']}"))
    assert answer.json()["run"]["info"]["artifact_uri"] == (
        f"azureml://localhost:8443{RED.id}/experiments/{SECRET}-exp/runs/"
        f"{house.ids['run']}/artifacts"
    )


def test_a_workspace_in_another_case_is_the_same(house: House) -> None:
    path = f"/mlflow/v3.0{RED.id.upper()}/api/2.0/mlflow/runs/get".replace("/API/", "/api/")
    answer = asyncio.run(ask(house.app, "GET", path, query=f"run_id={house.ids['run']}"))
    assert answer.status == 200
