"""The Azure CLI, unmodified, and the management clients that it is made of, on a real estate."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import guide
from tests.clients import azure_cli
from tests.ports import free_port
from tests.running import COMMAND, ROOT, Running, running

HERE = Path(__file__).parent
GUIDE = ROOT / "docs" / "guides" / "azure-cli.md"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("az") / "data") as one:
        azure_cli.make_owner(one, "automation")
        yield one


def run(command: list[str | Path], variables: dict[str, str], folder: Path) -> str:
    done = subprocess.run(command, env=variables, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_cli_logs_in_and_runs_an_estates_groups_roles_resources_and_locks(
    estate: Running, tmp_path: Path
):
    variables = azure_cli.variables(estate, tmp_path, "automation")
    run(["bash", HERE / "azure_cli.sh"], variables, tmp_path)


def test_the_cli_shows_people_tags_blobs_and_why_it_is_refused(estate: Running, tmp_path: Path):
    variables = azure_cli.variables(estate, tmp_path, "automation")
    run(["bash", HERE / "azure_cli_login.sh"], variables, tmp_path)
    python = azure_cli.installed() / "python"
    run([python, HERE / "azure_cli_act.py"], variables, tmp_path)


def test_the_cli_says_who_may_do_what_and_who_gave_it(estate: Running, tmp_path: Path):
    variables = azure_cli.variables(estate, tmp_path, "automation")
    run(["bash", HERE / "azure_cli_login.sh"], variables, tmp_path)
    python = azure_cli.installed() / "python"
    run([python, HERE / "azure_cli_rights.py"], variables, tmp_path)


def test_the_cli_shows_built_in_roles_to_who_has_few_rights(estate: Running, tmp_path: Path):
    variables = azure_cli.variables(estate, tmp_path, "ana")
    run(["bash", HERE / "azure_cli_login.sh"], variables, tmp_path)
    python = azure_cli.installed() / "python"
    run([python, HERE / "azure_cli_roles.py"], variables, tmp_path)


def test_the_guide_does_what_it_says(tmp_path: Path):
    plain = Running(tmp_path / "data", None).environment
    programs = os.pathsep.join([str(COMMAND.parent), str(azure_cli.installed()), plain["PATH"]])
    settings = {"HOME": str(tmp_path), "PATH": programs, "MLESTATE_PORT": str(free_port())}
    reader = guide.Reader(tmp_path, {**plain, **settings})
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    try:
        for step in guide.steps(GUIDE.read_text()):
            reader.do(step)
    finally:
        reader.call("mlestate down")


def test_the_management_clients_do_all_of_it_for_an_owner(estate: Running, tmp_path: Path):
    variables = azure_cli.variables(estate, tmp_path, "automation")
    python = azure_cli.installed() / "python"
    run([python, HERE / "azure_mgmt_act.py", "owner"], variables, tmp_path)


def test_the_management_clients_show_others_what_is_theirs_alone(estate: Running, tmp_path: Path):
    variables = azure_cli.variables(estate, tmp_path, "ana")
    python = azure_cli.installed() / "python"
    run([python, HERE / "azure_mgmt_act.py", "scientist"], variables, tmp_path)
