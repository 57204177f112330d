"""Every example as a new user tries it: brought up, planned again, and worked in by its people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from mlestate.app.up import read_file
from mlestate.estate.bundles import load_bundle
from mlestate.estate.layout.places import workspaces
from mlestate.estate.spec import Estate
from tests import guide
from tests.clients.stage import Stage, bare, client, refused, until
from tests.running import COMMAND, ROOT, Running

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

pytestmark = pytest.mark.timeout(240)


class Person(NamedTuple):
    """Somebody of an example: all that they see, in all subscriptions, and one that they do not."""

    name: str
    sees: tuple[str, ...]
    not_sees: str = ""


PEOPLE = {
    "contoso": Person(
        "ben",
        ("mlw-rnd-explore", "mlw-fraud-dev", "mlw-fraud-qa", "mlw-churn-dev", "mlw-churn-qa"),
        "mlw-triage-dev",
    ),
    "team": Person("tor", ("mlw-forecast-main",), "mlw-outages-main"),
    "project": Person("amy", ("mlw-baskets-main", "mlw-shelves-main"), "mlw-harbour-main"),
    "single": Person("nils", ("mlw-sea-lab",)),
    "combination": Person("fay", ("mlw-search-dev",), "mlw-search-prod"),
    "single-environment": Person(
        "bo", ("mlw-sepsis-main", "mlw-alarms-main", "mlw-alarms-qa"), "mlw-stroke-main"
    ),
    "double-environment": Person(
        "moe",
        ("mlw-fraud-limited", "mlw-disputes-limited", "mlw-cashflow-limited"),
        "mlw-fraud-live",
    ),
    "regional-training": Person("rob", ("mlw-soil-dev", "mlw-soil-prod"), "mlw-yield-dev-eus"),
    "regional-serving": Person(
        "kim",
        (
            "mlw-live-prod",
            "mlw-live-prod-eus",
            "mlw-live-prod-ae",
            "mlw-captions-prod",
            "mlw-captions-prod-eus",
        ),
        "mlw-live-dev",
    ),
    "regional-tuning": Person(
        "yan",
        (
            "mlw-reports-prod-eastus",
            "mlw-reports-prod-westeurope",
            "mlw-reports-prod-australiaeast",
        ),
        "mlw-reports-dev-eastus",
    ),
}
# Tried in tests of their own, which do more there.
TRIED_BELOW = ("regional-training", "double-environment")


def test_every_example_is_tried():
    assert {each.parent.name for each in ROOT.glob("examples/*/estate.yaml")} == set(PEOPLE)


@pytest.mark.parametrize("example", sorted(PEOPLE.keys() - set(TRIED_BELOW)))
def test_its_page_is_true_and_its_people_see_what_is_theirs(tmp_path: Path, example: str):
    with tried(tmp_path, example):
        pass


@pytest.mark.sandbox
def test_a_job_runs_in_the_region_of_its_workspace_and_is_tracked_there(tmp_path: Path):
    with tried(tmp_path, "regional-training") as estate:
        Stage(estate, "mlw-yield-dev-ae").play("ann", train)
        regions = sorted((estate.data / "regions").iterdir())
        assert [each.name for each in regions] == ["australiaeast", "eastus", "westeurope"]
        assert [holds(each, b"grown in Australia") for each in regions] == [True, False, False]


@pytest.mark.sandbox
def test_who_is_cleared_trains_on_live_data_and_who_oversees_it_opens_none(tmp_path: Path):
    with tried(tmp_path, "double-environment") as estate:
        stage = Stage(estate, "mlw-fraud-live")
        ledger = f"{estate.origin}/_blob/{account('double-environment', 'mlw-ledger-live')}"
        Stage(estate, "").play("payment-feed", feed, ledger)
        stage.play("nia", train_live, ledger)
        stage.play("rex", oversee)


@contextmanager
def tried(tmp_path: Path, example: str) -> Iterator[Running]:
    """An estate that is up by its page's own commands, is as its file says, and lets people see
    what is theirs."""
    estate = Running(tmp_path / "data", None)
    own = {"PATH": f"{COMMAND.parent}:{estate.environment['PATH']}"}
    own["MLESTATE_PORT"] = str(estate.port)
    reader = guide.Reader(ROOT, {**estate.environment, **own})
    folder = ROOT / "examples" / example
    try:
        for command, expected in typed((folder / "README.md").read_text()):
            reader.run(command, expected)
        planned = reader.call(f"mlestate plan {folder / 'estate.yaml'}")
        assert (planned.returncode, "nothing to do" in planned.stdout) == (0, True), planned
        look_around(estate, example)
        yield estate
    finally:
        reader.call("mlestate down")
        estate.end()


def typed(page: str) -> Iterator[guide.Run]:
    """What a reader types. The walk-through has a test of its own."""
    for step in guide.steps(page):
        assert isinstance(step, guide.Run), "a page that has files would write them here"
        command = step.command
        if command.startswith("eval "):
            # Alone, so that its exit code counts.
            command = command[len('eval "$(') : -len(')"')]
        if "walkthrough.py" not in command:
            yield guide.Run(command, step.expected)


def look_around(estate: Running, example: str) -> None:
    person = PEOPLE[example]
    spec = read(example)
    made = {each.names["workspace"]: each for each in workspaces(spec)}
    sees = {name: made[name].region for name in person.sees}
    other = made[person.not_sees].id("workspace") if person.not_sees else ""
    subscriptions = json.dumps([*spec.azure.subscriptions.values()])
    Stage(estate, person.sees[0]).play(person.name, look, subscriptions, json.dumps(sees), other)


def read(example: str) -> Estate:
    wanted = read_file(str(ROOT / "examples" / example / "estate.yaml"))
    return load_bundle(wanted.files, wanted.name)


def account(example: str, workspace: str) -> str:
    """The host of its storage."""
    made = workspaces(read(example))
    (found,) = [each for each in made if each.names["workspace"] == workspace]
    return f"{found.names['storage']}.blob.core.windows.net"


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


def train_live(ledger: str) -> None:
    from azure.ai.ml import Input

    ml = client()
    Path("code").mkdir()
    Path("code", "train.py").write_text("import sys; print('trained on', open(sys.argv[1]).read())")
    day = Input(type="uri_file", path="azureml://datastores/payments/paths/day.csv")
    run = "python train.py ${{inputs.day}}"
    name = submit(ml, command=run, code="code", inputs={"day": day})
    ml.jobs.download(name, download_path="log")
    assert "trained on 17.50" in Path("log/artifacts/user_logs/std_log.txt").read_text()
    assert refused(lambda: container(ledger).upload_blob("mine.csv", b"0"))[0] == 403


def oversee() -> None:
    """Which jobs ran, and whose: but no blob of theirs."""
    from azure.ai.ml.exceptions import MlException

    ml = client()
    [job] = ml.jobs.list()
    assert job.creation_context.created_by == "nia"
    with pytest.raises(MlException, match="AuthorizationPermissionMismatch"):
        ml.jobs.download(job.name, download_path="opened")
    assert not list(Path("opened").rglob("*.txt"))


def feed(ledger: str) -> None:
    payments = container(ledger)
    payments.create_container()
    payments.upload_blob("day.csv", b"17.50")


def container(ledger: str) -> ContainerClient:
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import ContainerClient

    return ContainerClient(ledger, "payments", credential=DefaultAzureCredential())


def submit(ml: Any, **said: Any) -> str:
    """The name of a job that has run."""
    from azure.ai.ml import command

    ml.environments.create_or_update(bare())
    job = command(environment="azureml:bare:1", compute="cpu", **said)
    name = str(ml.jobs.create_or_update(job).name)
    assert until(ml, name).status == "Completed"
    return name
