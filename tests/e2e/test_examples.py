"""Every example as a new user tries it: brought up, planned again, and worked in by its people."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mlestate.app.up import read_spec
from tests.clients.stage import Stage, bare, client, refused, until
from tests.running import COMMAND, ROOT, Running, running

pytestmark = pytest.mark.timeout(120)


class Person(NamedTuple):
    """Somebody of an example: what they see in all of its subscriptions, and one that they do not."""

    name: str
    sees: dict[str, str]
    not_sees: str


HOME = "westeurope"
PEOPLE = {
    "contoso": Person(
        "ben",
        dict.fromkeys(
            ("mlw-rnd-explore", "mlw-fraud-dev", "mlw-fraud-qa", "mlw-churn-dev", "mlw-churn-qa"),
            HOME,
        ),
        "mlw-triage-dev",
    ),
    "team": Person("tor", {"mlw-forecast-main": HOME}, "mlw-outages-main"),
    "project": Person(
        "amy", {"mlw-baskets-main": HOME, "mlw-shelves-main": HOME}, "mlw-harbour-main"
    ),
    "single": Person("nils", {"mlw-sea-lab": HOME}, ""),
    "combination": Person(
        "fay", {"mlw-search-dev": "eastus"}, "mlw-search-prod"
    ),
    "single-environment": Person(
        "bo",
        dict.fromkeys(
            ("mlw-sepsis-main", "mlw-alarms-main", "mlw-alarms-qa"), HOME
        ),
        "mlw-stroke-main",
    ),
    "double-environment": Person(
        "moe",
        dict.fromkeys(
            ("mlw-fraud-limited", "mlw-disputes-limited", "mlw-cashflow-limited"), HOME
        ),
        "mlw-fraud-live",
    ),
    "regional-training": Person(
        "rob", {"mlw-soil-dev": "eastus", "mlw-soil-prod": "eastus"}, "mlw-yield-dev-eus"
    ),
    "regional-serving": Person(
        "kim",
        {
            "mlw-live-prod": HOME,
            "mlw-live-prod-eus": "eastus",
            "mlw-live-prod-ae": "australiaeast",
            "mlw-captions-prod": HOME,
            "mlw-captions-prod-eus": "eastus",
        },
        "mlw-live-dev",
    ),
    "regional-tuning": Person(
        "yan",
        {
            "mlw-reports-prod-eastus": "eastus",
            "mlw-reports-prod-westeurope": HOME,
            "mlw-reports-prod-australiaeast": "australiaeast",
        },
        "mlw-reports-dev-eastus",
    ),
}  # fmt: skip


# Tried in tests of their own, which do more there.
TRIED_BELOW = ("regional-training", "double-environment")


def test_every_example_is_tried():
    assert {each.parent.name for each in ROOT.glob("examples/*/estate.yaml")} == set(PEOPLE)


@pytest.mark.parametrize("example", sorted(PEOPLE.keys() - set(TRIED_BELOW)))
def test_it_comes_up_as_its_file_says_and_its_people_see_what_is_theirs(
    tmp_path: Path, example: str
):
    with running(tmp_path / "data", file(example)) as estate:
        try_out(estate, example)


@pytest.mark.sandbox
def test_a_job_runs_in_the_region_of_its_workspace_and_is_tracked_there(tmp_path: Path):
    with running(tmp_path / "data", file("regional-training")) as estate:
        try_out(estate, "regional-training")
        Stage(estate, "mlw-yield-dev-ae").play("ann", train)
        regions = sorted((estate.data / "regions").iterdir())
        assert [each.name for each in regions] == ["australiaeast", "eastus", "westeurope"]
        assert [holds(each, b"grown in Australia") for each in regions] == [True, False, False]


@pytest.mark.sandbox
def test_who_is_cleared_trains_on_live_data_and_who_oversees_it_opens_none(tmp_path: Path):
    with running(tmp_path / "data", file("double-environment")) as estate:
        try_out(estate, "double-environment")
        stage = Stage(estate, "mlw-fraud-live")
        stage.play("nia", train_live)
        stage.play("rex", oversee)


def file(example: str) -> Path:
    return ROOT / "examples" / example / "estate.yaml"


def try_out(estate: Running, example: str) -> None:
    assert b"failed" not in estate.said()
    planned = subprocess.run(
        [COMMAND, "plan", file(example)], env=estate.environment, capture_output=True, text=True
    )
    assert (planned.returncode, "nothing to do" in planned.stdout) == (0, True), planned
    person = PEOPLE[example]
    listed = json.loads(estate.mlestate("list", "workspace", "-o", "json"))
    ids = {each["name"]: each["id"] for each in listed}
    subscriptions = [*read_spec(str(file(example))).azure.subscriptions.values()]
    arguments = (json.dumps(subscriptions), json.dumps(person.sees), ids.get(person.not_sees, ""))
    Stage(estate, next(iter(person.sees))).play(person.name, look, *arguments)


def holds(folder: Path, words: bytes) -> bool:
    return any(words in each.read_bytes() for each in folder.rglob("*") if each.is_file())


# What is played by the people


def look(subscriptions: str, sees: str, other: str) -> None:
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    found = {}
    for subscription in json.loads(subscriptions):
        everywhere = MLClient(DefaultAzureCredential(), subscription)
        for each in everywhere.workspaces.list(scope="subscription"):
            own = MLClient(DefaultAzureCredential(), subscription, each.resource_group, each.name)
            found[each.name] = own.workspaces.get(each.name).location
    assert found == json.loads(sees)
    if other:
        _, _, subscription, _, group, *_, name = other.split("/")
        alien = MLClient(DefaultAzureCredential(), subscription, group, name)
        assert refused(lambda: alien.workspaces.get(name))[0] == 403


def train() -> None:
    import mlflow

    ml = client()
    name = submit(ml, command="echo grown in Australia", experiment_name="yield")
    run = mlflow.get_run(name)
    assert run.info.status == "FINISHED"
    assert mlflow.get_experiment(run.info.experiment_id).name == "yield"


def train_live() -> None:
    ml = client()
    Path("code").mkdir()
    Path("code", "train.py").write_text("print('trained on live data')")
    name = submit(ml, command="python train.py", code="code")
    ml.jobs.download(name, download_path="log")
    assert "trained on live data" in Path("log/artifacts/user_logs/std_log.txt").read_text()


def oversee() -> None:
    """Which jobs ran, and whose: but no blob of theirs."""
    from azure.ai.ml.exceptions import MlException

    ml = client()
    [job] = ml.jobs.list()
    assert job.creation_context.created_by == "nia"
    with pytest.raises(MlException, match="AuthorizationPermissionMismatch"):
        ml.jobs.download(job.name, download_path="opened")
    assert not list(Path("opened").rglob("*.txt"))


def submit(ml: Any, **said: Any) -> str:
    """The name of a job that has run."""
    from azure.ai.ml import command

    ml.environments.create_or_update(bare())
    job = command(environment="azureml:bare:1", compute="cpu", **said)
    name = str(ml.jobs.create_or_update(job).name)
    assert until(ml, name).status == "Completed"
    return name
