"""Applies as people give them, each a process: cut off, two at once, pruned, watched."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.raw import MLFLOW, Raw
from tests.running import COMMAND, CONTOSO, Running

pytestmark = pytest.mark.timeout(120)

TEXT = CONTOSO.read_text()
WITHOUT_QA = TEXT.replace("environments: [dev, qa, prod]", "environments: [dev, prod]")
PER_DIVISION = TEXT.replace("workspacePer: project", "workspacePer: division")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Running]:
    """Up, and nothing is applied yet."""
    yield from _running(tmp_path, None)


@pytest.fixture
def contoso(tmp_path: Path) -> Iterator[Running]:
    yield from _running(tmp_path, CONTOSO)


def _running(folder: Path, file: Path | None) -> Iterator[Running]:
    estate = Running(folder / "data", file)
    try:
        estate.start()
        yield estate
    finally:
        estate.end()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An estate file to change."""
    path = tmp_path / "estate.yaml"
    path.write_text(TEXT)
    return path


Begin = Callable[..., "Apply"]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Begins an apply; none is left behind."""
    begun: list[Apply] = []

    def one(estate: Running, *arguments: str) -> Apply:
        begun.append(Apply(estate, *arguments))
        return begun[-1]

    yield one
    for each in begun:
        each.close()


class Apply:
    """One that runs. Its lines are read as they come."""

    def __init__(self, estate: Running, *arguments: str):
        self._process = subprocess.Popen(
            [str(COMMAND), "apply", *arguments],
            env=estate.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        assert self._process.stdout is not None
        self._lines = self._process.stdout

    def await_line(self, words: str) -> str:
        for line in self._lines:
            if words in line:
                return line.strip()
        raise AssertionError(f"it ended without `{words}`")

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Its exit code, and what it said that was not read yet."""
        said = self._lines.read()
        return self._process.wait(60), said

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._lines.close()


def call(estate: Running, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(COMMAND), *arguments], env=estate.environment, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip


def applied(estate: Running) -> dict[str, str]:
    """What `status` says of the one estate."""
    (found,) = json.loads(estate.mlestate("status", "-o", "json"))["applied"]
    return dict(found)


# Cut off


def test_a_killed_apply_is_told_of_and_the_next_goes_on_at_once(
    empty: Running, file: Path, begin: Begin
):
    killed = begin(empty, str(file))
    killed.await_line("20/")
    killed.send(signal.SIGKILL)
    killed.end()
    planned = call(empty, "plan", str(file))
    assert planned.returncode == 2
    assert "note: the apply of `admin` on " in planned.stdout
    assert " was cut off: run it again" in planned.stdout, "its process is known to be gone"
    assert applied(empty)["state"] == "Applying"
    again = call(empty, "apply", str(file))
    assert again.returncode == 0, again
    assert int(again.stdout.split()[0]) < 130, "what was made is not made again"
    assert applied(empty)["state"] == "Applied"
    assert call(empty, "plan", str(file)).returncode == 0


def test_when_the_server_is_killed_the_apply_ends_and_the_next_goes_on(
    empty: Running, file: Path, begin: Begin
):
    apply = begin(empty, str(file))
    apply.await_line("20/")
    empty.kill_api()
    code, said = apply.end()
    assert code == 1
    assert "the estate no longer answered: run it again when it does" in said
    empty.start()
    assert call(empty, "apply", str(file)).returncode == 0
    assert call(empty, "plan", str(file)).returncode == 0


def test_up_that_was_killed_in_the_midst_goes_on_at_its_next_start(tmp_path: Path):
    estate = Running(tmp_path / "data", CONTOSO)
    try:
        estate.begin()
        estate.await_words("mlestate is up")
        time.sleep(0.7)
        estate.kill_api()
        estate.start()
        assert call(estate, "plan", str(CONTOSO)).returncode == 0
        assert applied(estate)["state"] == "Applied"
    finally:
        estate.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_apply_that_is_told_to_stop_gives_its_lease_back(
    empty: Running, file: Path, begin: Begin, number: signal.Signals
):
    apply = begin(empty, str(file))
    apply.await_line("10/")
    apply.send(number)
    code, said = apply.end()
    assert code == 1
    done, last = said.splitlines()[-2:]
    assert last == "error: stopped"
    assert re.fullmatch(r"\d+ of \d+ were done, and stay so: run it again for the rest", done)
    state = applied(empty)
    assert (state["state"], state["underWay"]) == ("Partial", False)
    assert call(empty, "apply", str(file)).returncode == 0


# Two at once


def test_of_two_applies_the_second_is_refused_at_once_and_told_who_is_first(
    empty: Running, file: Path, begin: Begin
):
    first = begin(empty, str(file))
    first.await_line("10/")
    first.send(signal.SIGSTOP)
    began = time.monotonic()
    second = call(empty, "apply", str(file))
    assert time.monotonic() - began < 5
    first.send(signal.SIGCONT)
    assert second.returncode == 1
    assert second.stderr.startswith("error: `admin` on `")
    assert "applies this estate since 20" in second.stderr
    assert len(second.stderr.splitlines()) == 1
    assert first.end()[0] == 0
    assert call(empty, "plan", str(file)).returncode == 0


# What is removed


def test_data_is_never_pruned_unless_it_is_named(contoso: Running, file: Path):
    """A real run with a metric, and a real blob beside it."""
    raw = Raw(contoso)
    mlflow = MLFLOW.replace("fraud-dev", "fraud-qa")
    made = raw.must("POST", f"{mlflow}/experiments/create", {"name": "real"}).json()
    created = raw.must("POST", f"{mlflow}/runs/create", {**made, "start_time": 1}).json()
    folder = f"ExperimentRun/dcid.{created['run']['info']['run_id']}"
    raw.must("PUT", f"{mlflow}-artifacts/artifacts/{folder}/a.txt", b"kept")
    raw.close()
    file.write_text(WITHOUT_QA)
    planned = call(contoso, "plan", str(file), "--prune")
    assert planned.returncode == 2
    assert "  - workspaces/mlw-fraud-qa\n" in planned.stdout
    assert "  - workspaces/mlw-churn-qa, with 3 role assignments\n" in planned.stdout
    access = planned.stdout.split("access that the file no longer gives, taken back:\n")[1]
    assert " on `mlw-fraud-qa` to `sg-ml-fraud-ml-engineer-qa`\n" in access
    assert "holds 1 run: to delete it with that" in planned.stdout
    done = call(contoso, "apply", str(file), "--prune")
    assert done.returncode == 1
    assert "mlw-fraud-qa: it holds 1 run: to delete it with that, say " in done.stderr
    names = contoso.mlestate("list", "workspace")
    assert "mlw-fraud-qa" in names
    assert "mlw-churn-qa" not in names, "it held nothing"
    assert "sg-ml-fraud-ml-engineer-qa" not in contoso.mlestate("list", "group"), (
        "the data stays, and nobody gets to it by the file any more"
    )
    prune = ("apply", str(file), "--prune", "--delete-data", "mlw-fraud-qa")
    named = call(contoso, *prune)
    assert named.returncode == 1
    assert "mlw-fraud-qa" not in contoso.mlestate("list", "workspace")
    (account,) = re.findall(r"kept .*/(stfraudqa\w+): it holds 1 blob: ", named.stderr)
    assert account in contoso.mlestate("list", "storage-account")
    slip = call(contoso, "apply", str(file), "--prune", "--delete-data", f"{account}x")
    assert (slip.returncode, f"did you mean `{account}`?" in slip.stderr) == (1, True), slip
    both = call(contoso, "apply", str(file), "--prune", "--delete-data", account)
    assert both.returncode == 0, both
    assert account not in contoso.mlestate("list", "storage-account")
    assert call(contoso, "plan", str(file), "--prune").returncode == 0


def test_without_prune_nothing_but_access_is_removed(contoso: Running, file: Path):
    file.write_text(WITHOUT_QA)
    planned = call(contoso, "plan", str(file))
    assert planned.returncode == 2
    assert "access that the file no longer gives, taken back:\n" in planned.stdout
    done = call(contoso, "apply", str(file))
    assert done.returncode == 0, done
    assert set(re.findall(r"deleted .*/(\w+)/[^/]+$", done.stderr, re.M)) == {"roleAssignments"}
    assert "mlw-fraud-qa" in contoso.mlestate("list", "workspace")
    group = contoso.mlestate("get", "group", "sg-ml-fraud-ml-engineer-qa", "-o", "json")
    assert json.loads(group)["members"] == []
    planned = call(contoso, "plan", str(file))
    assert planned.returncode == 0
    first = planned.stdout.splitlines()[0]
    assert first.startswith("nothing to make or change; ")
    assert first.endswith(" resources no longer in the file stay until pruned")
    assert "  - claims/fraud in qa: " in planned.stdout
    diff = call(contoso, "diff")
    assert diff.returncode == 0, diff


def test_the_administrator_cannot_be_declared_or_deleted(contoso: Running, file: Path):
    file.write_text(
        TEXT.replace("servicePrincipals:\n", "servicePrincipals:\n  admin: {name: Us}\n")
    )
    done = call(contoso, "apply", str(file))
    assert (done.returncode, "`admin` is the server's own" in done.stderr) == (1, True), done
    deleted = call(contoso, "delete", "service-principal", "admin")
    assert deleted.returncode == 1
    assert "give somebody else Owner at `/` first" in deleted.stderr


def test_another_pattern_of_a_division_shows_where_each_workspace_goes(
    contoso: Running, file: Path, tmp_path: Path
):
    file.write_text(PER_DIVISION)
    planned = call(contoso, "plan", str(file))
    assert planned.returncode == 2
    for line in (
        "because `divisions.claims.workspacePer` changed from `project` to `division`:",
        "~> workspaces/mlw-claims-dev",
        "was rg-fraud-dev/mlw-fraud-dev, rg-triage-dev/mlw-triage-dev, rg-churn-dev/mlw-churn-dev",
        "~> is made anew at its new address; what it was stays, with all that it holds, until",
    ):
        assert line in planned.stdout, planned.stdout
    said = json.loads(call(contoso, "plan", str(file), "-o", "json").stdout)
    assert {each["action"] for each in said["changes"]} == {"move"}
    assert call(contoso, "apply", str(file)).returncode == 0
    names = contoso.mlestate("list", "workspace")
    assert "mlw-claims-dev" in names
    assert "mlw-fraud-dev" in names


def test_a_saved_plan_is_executed_once(contoso: Running, file: Path, tmp_path: Path):
    file.write_text(WITHOUT_QA.replace("max: 2", "max: 3"))
    plan = str(tmp_path / "saved.plan")
    assert call(contoso, "plan", str(file), "--prune", "--out", plan).returncode == 2
    file.write_text("gone: by now")
    assert call(contoso, "apply", plan).returncode == 0
    assert "mlw-fraud-qa" not in contoso.mlestate("list", "workspace")
    again = call(contoso, "apply", plan)
    assert again.returncode == 1
    assert "things moved: plan again" in again.stderr
    assert "the estate was applied by `admin` at" in again.stderr


def test_diff_names_what_was_changed_by_hand_and_needs_no_file(contoso: Running):
    assert call(contoso, "diff").returncode == 0
    contoso.mlestate("delete", "compute", "cpu-cluster", "-w", "mlw-fraud-dev")
    done = call(contoso, "diff")
    assert done.returncode == 2
    assert "  - workspaces/mlw-fraud-dev/computes/cpu-cluster\n" in done.stdout
    assert "0 changed, 1 gone, " in done.stdout


# Watched


def test_a_watched_folder_is_applied_through_faults_until_it_is_told_to_end(
    contoso: Running, file: Path, begin: Begin
):
    watch = begin(contoso, "--watch", str(file.parent), "--every", "1h")
    assert "nothing to do" in watch.await_line("as they were")
    file.write_text(TEXT.replace("max: 2", "max: 3"))
    assert "written" in watch.await_line("as they were")
    file.write_text(TEXT.replace("max: 2", "max: many"))
    assert "`many` is not a whole number" in watch.await_line("nothing done")
    file.write_text(TEXT)
    assert "written" in watch.await_line("as they were")
    watch.send(signal.SIGTERM)
    code, said = watch.end()
    assert (code, said.strip()) == (0, "stopped watching")
    assert call(contoso, "plan", str(CONTOSO)).returncode == 0
