"""The estate's conventions hold for every way in; who may set them, and who may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlestate.control.conventions import WARNED
from mlestate.store import activity
from tests.access.asking import REGION, Answer, Request
from tests.access.two_workspaces import JSON, ML, SCIENTIST, SUBSCRIPTION, A, Two

CONVENTIONS = "/providers/Mlestate.Organization/namingConventions"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
FOLDER = "azureml://datastores/workspaceblobstore/paths/x/"
TAGS = [{"name": "stage", "values": ["candidate", "champion"]}, {"name": "owner"}]


class House(Two):
    """One workspace, of the project `fraud`, in which ana works."""

    def build(self) -> House:
        self.ids = {name: self.person(name) for name in ("ana", "cora", "olga", "stranger")}
        self.put(SUBSCRIPTION, {})
        self.stand(A)
        tags = {"project": "fraud", "environment": "dev"}
        standing = {"storageAccount": A.account}
        self.put(A.workspace, {"location": REGION, "properties": standing, "tags": tags})
        self.grant(A.workspace, SCIENTIST, self.ids["ana"])
        self.grant(A.workspace, CONTRIBUTOR, self.ids["cora"])
        self.grant(SUBSCRIPTION, OWNER, self.ids["olga"])
        return self

    def agree(self, kind: str, **said: Any) -> None:
        self.put(f"{CONVENTIONS}/{kind}", {"properties": said})

    def make(self, path: str, who: str = "ana", **said: Any) -> Answer:
        return self.ask(who, Request("PUT", f"{A.workspace}/{path}", {"properties": said}))

    def track(self, path: str, **body: Any) -> Answer:
        return self.ask("ana", Request("POST", f"{A.mlflow}/mlflow/{path}", body, JSON))

    def warned(self) -> list[str]:
        """The names of what the activity log has as made against a convention, newest first."""
        with self.estate.cells.named(REGION).read() as connection:
            found = activity.events(connection)
        return [event.resource.rpartition("/")[2] for event in found if event.action == WARNED]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("house"))
    try:
        yield made.build()
    finally:
        made.close()


@pytest.fixture(autouse=True)
def nothing_agreed(house: House) -> Iterator[None]:
    yield
    for row in house.get("admin", CONVENTIONS).json()["value"]:
        house.made("admin", Request("DELETE", row["id"]))


def told(answer: Answer) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status, error["code"], error["message"]


def message(answer: Answer) -> tuple[int, str]:
    """Of MLflow's."""
    return answer.status, answer.json()["message"]


def refusal(what: str, name: str, better: str) -> str:
    rule = "which is `{project}-{words}` (project `fraud`)"
    return f"`{name}` is no name for {what} here, {rule}: call it `{better}`"


class TestNames:
    def test_a_model_is_refused_with_its_right_name_whichever_way_it_comes(self, house: House):
        house.agree("models", name="{project}-{words}")
        text = refusal("a model", "Fraud_Model", "fraud-model")
        violated = (400, "NamingConventionViolated", text)
        assert told(house.make("models/Fraud_Model/versions/1", modelUri=FOLDER)) == violated
        assert told(house.make("models/Fraud_Model")) == violated
        answer = house.track("registered-models/create", name="Fraud_Model")
        assert message(answer) == (400, text)
        assert house.track("registered-models/create", name="fraud-model").status == 200
        assert house.make("models/fraud-other/versions/1", modelUri=FOLDER).status == 201
        assert house.get("ana", f"{A.workspace}/models/Fraud_Model").status == 404

    def test_a_name_that_azure_refuses_too_is_told_the_right_one(self, house: House):
        house.agree("models", name="{project}-{words}")
        answer = house.make("models/Fraud%20Model%20v2/versions/1", modelUri=FOLDER)
        assert told(answer)[2].endswith("call it `fraud-model-v2`")

    @pytest.mark.parametrize(
        ("kind", "path", "what", "said"),
        [
            ("data", "data/D/versions/1", "a data asset", {"dataUri": FOLDER}),
            ("environments", "environments/D/versions/1", "an environment asset", {"image": "i"}),
            ("components", "components/D/versions/1", "a component", {"componentSpec": {}}),
        ],
    )
    def test_all_assets_are_held_to_theirs(
        self, house: House, kind: str, path: str, what: str, said: dict[str, Any]
    ):
        house.agree(kind, name="{project}-{words}")
        answer = house.make(path, **said)
        assert told(answer)[2] == refusal(what, "D", "fraud-d")

    def test_datastores_and_computes_are_held_to_theirs(self, house: House):
        house.agree("datastores", name="{project}_{words}")
        house.agree("computes", name="{project}-{words}", tags=[{"name": "team"}])
        answer = house.make("datastores/raw", "cora", datastoreType="AzureBlob")
        assert told(answer)[2].endswith("call it `fraud_raw`")
        body = {"location": REGION, "properties": {"computeType": "AmlCompute"}}
        answer = house.ask("cora", Request("PUT", f"{A.workspace}/computes/cpu", body))
        assert [each["target"] for each in answer.json()["error"]["details"]] == [
            "name",
            "tags.team",
        ]

    def test_experiments_are_refused_by_mlflow_and_by_jobs(self, house: House):
        house.agree("experiments", name="{project}-{words}")
        text = refusal("an experiment", "Try it", "fraud-try-it")
        assert message(house.track("experiments/create", name="Try it")) == (400, text)
        made = house.track("experiments/create", name="fraud-lab").json()["experiment_id"]
        answer = house.track("experiments/update", experiment_id=made, new_name="Try it")
        assert message(answer) == (400, text)
        again = house.track("experiments/create", name="fraud-lab")
        assert again.json()["error_code"] == "RESOURCE_ALREADY_EXISTS"
        job = {"jobType": "Command", "command": "true", "experimentName": "Try it"}
        assert told(house.make("jobs/j", **job))[2] == text

    def test_jobs_are_held_to_how_they_are_shown_and_runs_with_them(self, house: House):
        house.agree("jobs", name="{project}-{words}", displayName="{user}-{words}")
        house.agree("experiments", name="{project}-{words}")
        job = {"jobType": "Command", "command": "true"}
        answer = house.make("jobs/Train", displayName="My try", experimentName="Lab", **job)
        names = [each["message"] for each in answer.json()["error"]["details"]]
        assert [text.rpartition("call it ")[2] for text in names] == [
            "`fraud-train`",
            "`ana-my-try`",
            "`fraud-lab`",
        ]
        run = house.track("runs/create", experiment_id="0", run_name="My try")
        assert message(run)[1].endswith("call it `ana-my-try`")
        part = [{"key": "mlflow.parentRunId", "value": "whatever"}]
        for said in ({}, {"run_name": "ana-my-try"}, {"run_name": "Fold 1", "tags": part}):
            assert house.track("runs/create", experiment_id="0", **said).status == 200

    def test_names_that_clients_draw_by_themselves_are_let_through(self, house: House):
        for kind in ("jobs", "environments", "components", "data"):
            house.agree(kind, name="{project}-{words}", tags=[] if kind == "jobs" else TAGS)
        spec = {"componentSpec": {"type": "command"}}
        for path, said in (
            ("environments/CliV2AnonymousEnvironment/versions/1", {"image": "docker.io/i:1"}),
            ("components/azureml_anonymous/versions/1", spec),
            (f"data/{'3f2504e0-4f89-11d3-9a0c-0305e82c3301'}/versions/1", {"dataUri": FOLDER}),
        ):
            kind = {"dataType": "uri_folder"} if path.startswith("data") else {}
            assert house.make(path, **said, **kind).status == 201, path
            again = path.removesuffix("1") + "2"
            assert house.make(again, **said, **kind).status == 201, again
        job = {"jobType": "Command", "command": "true", "environmentId": "azureml:x:1"}
        answer = house.make("jobs/quirky_yak_8q2x0rtkzd", **job)
        assert "no name" not in answer.text

    def test_outputs_of_a_job_are_held_to_theirs_when_it_is_submitted(self, house: House):
        house.agree("models", name="{project}-{words}")
        outputs = {"m": {"jobOutputType": "mlflow_model", "assetName": "Best"}}
        job = {"jobType": "Command", "command": "true", "outputs": outputs}
        assert told(house.make("jobs/j", **job))[2] == refusal("a model", "Best", "fraud-best")


class TestWhatIsThere:
    def test_names_that_are_older_than_their_convention_go_on(self, house: House):
        assert house.make("models/Old/versions/1", modelUri=FOLDER).status == 201
        house.track("experiments/create", name="Old lab")
        house.clock.ahead += 1
        house.agree("models", name="{project}-{words}", tags=TAGS)
        house.agree("experiments", name="{project}-{words}")
        assert house.make("models/Old/versions/2", modelUri=FOLDER).status == 201
        assert house.make("models/Old/versions/1", modelUri=FOLDER, description="x").status == 200
        job = {"jobType": "Command", "command": "true", "experimentName": "Old lab"}
        assert "Old lab" not in house.make("jobs/j", **job).text
        house.make("models/Old", isArchived=True)

    def test_the_datastores_that_a_workspace_is_born_with_are_not_held_to_anything(
        self, house: House
    ):
        house.agree("datastores", name="{project}_{words}", tags=TAGS)
        body = {"location": REGION, "properties": {"storageAccount": A.account}}
        second = f"{A.group}/providers/{ML}/workspaces/mlw-second"
        house.put(second, body)
        assert len(house.get("admin", f"{second}/datastores").json()["value"]) == 2

    def test_a_convention_holds_from_the_next_request_on_until_it_is_gone(self, house: House):
        assert house.make("models/One/versions/1", modelUri=FOLDER).status == 201
        house.agree("models", name="{project}-{words}")
        assert house.make("models/Two/versions/1", modelUri=FOLDER).status == 400
        house.made("admin", Request("DELETE", f"{CONVENTIONS}/models"))
        assert house.make("models/Two/versions/1", modelUri=FOLDER).status == 201

    def test_a_convention_may_hold_in_other_environments_only(self, house: House):
        house.agree("models", name="{project}-{words}", environments=["prod"])
        assert house.make("models/Three/versions/1", modelUri=FOLDER).status == 201


class TestTags:
    def test_each_new_version_has_the_tags_or_its_name_has_them(self, house: House):
        house.agree("models", name="{project}-{words}", tags=TAGS)
        house.clock.ahead += 1
        bare = house.make("models/fraud-a/versions/1", modelUri=FOLDER)
        assert [d["target"] for d in bare.json()["error"]["details"]] == [
            "tags.stage",
            "tags.owner",
        ]
        good = {"stage": "candidate", "owner": "ana"}
        assert house.make("models/fraud-a/versions/1", modelUri=FOLDER, tags=good).status == 201
        assert house.make("models/fraud-a/versions/2", modelUri=FOLDER).status == 400
        wrong = house.make(
            "models/fraud-a/versions/2", modelUri=FOLDER, tags={**good, "stage": "x"}
        )
        assert told(wrong)[2] == (
            "`x` is no value of the tag `stage` here: write `candidate` or `champion`"
        )
        tags = [{"key": key, "value": value} for key, value in good.items()]
        made = house.track("registered-models/create", name="fraud-b", tags=tags)
        assert made.status == 200
        assert house.make("models/fraud-b/versions/1", modelUri=FOLDER).status == 201


class TestWarnings:
    def test_what_is_only_warned_of_is_made_and_told_and_recorded(self, house: House):
        house.agree("models", name="{project}-{words}", otherwise="warn")
        text = refusal("a model", "Warned", "fraud-warned")
        answer = house.make("models/Warned/versions/1", modelUri=FOLDER)
        assert (answer.status, answer.headers["warning"]) == (201, f'299 mlestate "{text}"')
        assert house.warned()[:1] == ["1"]
        again = house.make("models/Warned/versions/1", modelUri=FOLDER)
        assert (again.status, "warning" in again.headers) == (200, False)

    def test_mlflow_hears_of_it_too(self, house: House):
        for kind in ("models", "experiments"):
            house.agree(kind, name="{project}-{words}", otherwise="warn")
        house.agree("jobs", displayName="{user}-{words}", otherwise="warn")
        for path, body, better in (
            ("registered-models/create", {"name": "Heard"}, "fraud-heard"),
            ("experiments/create", {"name": 'He said "x"\u2603'}, "fraud-he-said-x"),
            ("runs/create", {"experiment_id": "0", "run_name": "Try"}, "ana-try"),
        ):
            answer = house.track(path, **body)
            assert answer.status == 200
            assert answer.headers["warning"].endswith(f'call it `{better}`"'), path
        run = answer.json()["run"]["info"]["run_id"]
        assert house.warned()[:3] == [run, 'he said "x"\u2603', "heard"]

    def test_mlflow_hears_of_a_version_without_its_tags(self, house: House):
        house.agree("models", tags=TAGS, otherwise="warn")
        house.clock.ahead += 1
        house.track("registered-models/create", name="untagged")
        run = house.track("runs/create", experiment_id="0").json()["run"]["info"]["run_id"]
        source = f"mlflow-artifacts:/ExperimentRun/dcid.{run}/model"
        made = house.track("model-versions/create", name="untagged", source=source)
        assert made.status == 200
        assert made.headers["warning"].count("299 mlestate") == 2
        assert house.warned()[:1] == ["1"]


class TestAccess:
    @pytest.mark.parametrize("who", ["stranger", "ana", "cora", "olga"])
    def test_who_holds_nothing_in_the_whole_estate_neither_sees_nor_sets_them(
        self, house: House, who: str
    ):
        house.agree("models", name="{project}-{words}")
        one, body = f"{CONVENTIONS}/models", {"properties": {"name": "{words}"}}
        for request in (
            Request("GET", one),
            Request("PUT", one, body),
            Request("PATCH", one, body),
            Request("DELETE", one),
            Request("PUT", f"{CONVENTIONS}/jobs", body),
        ):
            assert house.ask(who, request).status == 403, request
        assert house.get(who, CONVENTIONS).json()["value"] == []

    def test_one_that_cannot_be_is_refused_with_every_fault(self, house: House):
        wrong = {"name": "{projekt}-{words}", "displayName": "x", "nonsense": 1}
        answer = house.ask("admin", Request("PUT", f"{CONVENTIONS}/models", {"properties": wrong}))
        assert (answer.status, answer.json()["error"]["target"]) == (400, "$.properties.nonsense")
        del wrong["nonsense"]
        answer = house.ask("admin", Request("PUT", f"{CONVENTIONS}/models", {"properties": wrong}))
        places = [each["target"] for each in answer.json()["error"]["details"]]
        assert places == ["$.properties.name", "$.properties.displayName"]
        answer = house.ask("admin", Request("PUT", f"{CONVENTIONS}/modells", {}))
        assert "it is one of experiments, jobs, models" in answer.text


def test_conventions_hold_after_a_restart(tmp_path: Path):
    house = House(tmp_path).build()
    house.agree("models", name="{project}-{words}")
    house.close()
    again = House(tmp_path)
    try:
        answer = again.make("models/X/versions/1", "admin", modelUri=FOLDER)
        assert told(answer)[2] == refusal("a model", "X", "fraud-x")
    finally:
        again.close()
