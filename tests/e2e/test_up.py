"""Every command against a real estate: what it says, its exit code, and its one line of refusal."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.running import COMMAND, CONTOSO, Running, running

pytestmark = pytest.mark.timeout(120)

SPACE = ("--workspace", "mlw-fraud-dev")


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("estate") / "data") as one:
        yield one


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Running]:
    """Not started."""
    one = Running(tmp_path / "data")
    try:
        yield one
    finally:
        one.end()


def call(estate: Running, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(COMMAND), *arguments],
        env=estate.environment, input=given, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def refused(estate: Running, *arguments: str, given: str = "") -> str:
    """The one line that it says."""
    done = call(estate, *arguments, given=given)
    assert done.returncode == 1, done
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    return line.removeprefix("error: ")


# What an estate says of itself


def test_status_says_that_it_runs(estate: Running):
    said = json.loads(estate.mlestate("status", "-o", "json"))
    assert (said["running"], said["ready"], said["settled"]) == (True, True, True)
    assert said["url"] == estate.origin
    assert said["regions"] == ["westeurope"]
    assert estate.process is not None
    assert said["pid"] == estate.process.pid


def test_every_way_to_print_says_the_same(estate: Running):
    as_json = json.loads(estate.mlestate("whoami", "-o", "json"))
    as_yaml = yaml.safe_load(estate.mlestate("whoami", "-o", "yaml"))
    as_table = estate.mlestate("whoami", "-o", "table")
    assert as_json == as_yaml
    assert as_json["name"] == "admin"
    assert "name: admin" in as_table


def test_doctor_looks_at_the_estate_that_runs(estate: Running):
    rows = {row["check"]: row for row in json.loads(estate.mlestate("doctor", "-o", "json"))}
    assert rows["server"]["detail"] == f"`{estate.origin}` is ready"
    assert all(row["verdict"] != "bad" for row in rows.values())


# What it does


def test_plan_and_apply_have_nothing_to_do_at_once(estate: Running):
    assert "nothing to do" in estate.mlestate("plan", str(CONTOSO))
    assert json.loads(estate.mlestate("plan", str(CONTOSO), "-o", "json"))
    assert "nothing to do" in estate.mlestate("apply", str(CONTOSO))


def test_a_changed_file_is_planned_and_then_applied(estate: Running, tmp_path: Path):
    file = tmp_path / "estate.yaml"
    file.write_text(CONTOSO.read_text().replace("max: 2, idle: 120s", "max: 3, idle: 120s"))
    planned = call(estate, "plan", str(file))
    assert planned.returncode == 2, planned
    assert "cpu-cluster" in planned.stdout
    assert call(estate, "apply", str(file)).returncode == 0
    assert call(estate, "plan", str(file)).returncode == 0
    cluster = json.loads(estate.mlestate("get", "compute", "cpu-cluster", *SPACE, "-o", "json"))
    assert cluster["properties"]["properties"]["scaleSettings"]["maxNodeCount"] == 3
    assert call(estate, "plan", str(CONTOSO)).returncode == 2
    assert call(estate, "apply", str(CONTOSO)).returncode == 0


def test_a_resource_from_put_to_delete(estate: Running):
    body = "properties: {description: by hand}"
    made = call(estate, "put", "environment", "mine", *SPACE, "--file", "-", given=body)
    assert made.returncode == 0, made
    names = [one["name"] for one in json.loads(listed(estate))]
    assert "mine" in names
    assert "by hand" in estate.mlestate("get", "environment", "mine", *SPACE)
    assert call(estate, "delete", "environment", "mine", *SPACE).returncode == 0
    assert "mine" not in listed(estate)


def listed(estate: Running) -> str:
    return estate.mlestate("list", "environment", *SPACE, "-o", "json")


def test_a_login_holds_until_another(estate: Running):
    assert call(estate, "login", "--as", "ana").returncode == 0
    assert "name: ana" in estate.mlestate("whoami")
    assert "does not have authorization" in refused(estate, "apply", str(CONTOSO))
    assert call(estate, "login", "--as", "admin").returncode == 0
    assert "name: admin" in estate.mlestate("whoami")


def test_env_gives_what_a_shell_can_read(estate: Running):
    said = estate.mlestate("env", "--as", "ana", *SPACE, "--format", "sh")
    shell = subprocess.run(
        ["sh", "-c", f"{said}\necho $AZURE_ML_WORKSPACE"], capture_output=True, text=True
    )
    assert shell.stdout.strip() == "mlw-fraud-dev", shell
    assert "MLFLOW_TRACKING_URI=" in estate.mlestate("env", *SPACE, "--format", "dotenv")


# What it refuses


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("get", "workspace", "nope"), "no workspace `nope`"),
        (("get", "wrkspace", "x"), "did you mean `workspace`"),
        (("get", "environment", "nope", *SPACE), "`mlestate list environment`"),
        (("get",), "Missing argument 'TYPE'"),
        (("list", "compute"), "--workspace"),
        (("list", "user", "--bogus"), "No such option: --bogus"),
        (("list", "user", "-o", "xml"), "'xml' is not one of"),
        (("delete", "workspace", "nope"), "no workspace `nope`"),
        (("put", "workspace", "w", "--file", "/nowhere"), "no file `/nowhere`"),
        (("plan", "/nowhere.yaml"), "no file `/nowhere.yaml`"),
        (("apply", "/nowhere.yaml"), "no file `/nowhere.yaml`"),
        (("up", "/nowhere.yaml"), "no file `/nowhere.yaml`"),
        (("login", "--as", "nobody"), "no User `nobody`"),
        (("login", "--as", "ana", "--secret", "wrong"), "secret is wrong"),
        (("env", "--workspace", "nope"), "no workspace `nope`"),
        (("whoami", "--url", "https://localhost:1"), "no estate answers"),
        (("up", "--data", "/proc/nowhere"), "`/proc/nowhere`"),
        (("aply",), "did you mean `apply`"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_refused_in_one_line(estate: Running, arguments: tuple[str, ...], words: str):
    assert words in refused(estate, *arguments)


def test_what_is_no_yaml_is_refused_in_one_line(estate: Running):
    line = refused(estate, "put", "environment", "e", *SPACE, "--file", "-", given="{nope")
    assert "not YAML" in line


def test_each_fault_of_a_file_has_its_place(estate: Running, tmp_path: Path):
    done = call(estate, "plan", "-", given="schema: 1\nid: 7\nfoo: bar\n")
    assert done.returncode == 1
    first, *faults = done.stderr.splitlines()
    assert f"{len(faults)} faults" in first
    assert all(re.match(r"  -:\d+:\d+: ", line) for line in faults)


# Starts and stops


def test_a_second_up_on_the_same_folder_says_so(estate: Running):
    line = refused(estate, "up", "--port", str(estate.port))
    assert line.startswith(f"an estate runs on `{estate.data}` already")


def test_a_port_in_use_is_said(fresh: Running):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refused(fresh, "up", "--data", str(fresh.data), "--port", str(port))
    assert line == f"port {port} is in use: choose another one with --port or MLESTATE_PORT"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "many"])
def test_what_is_no_port_is_said(fresh: Running, port: str):
    assert "port" in refused(fresh, "up", "--data", str(fresh.data), "--port", port)


def test_before_the_first_start_nothing_runs(fresh: Running):
    assert json.loads(fresh.mlestate("status", "-o", "json"))["running"] is False
    assert "nothing runs" in fresh.mlestate("down")
    assert "mlestate up" in refused(fresh, "whoami")


def test_detached_it_goes_on_until_down(fresh: Running):
    port = str(fresh.port)
    said = fresh.mlestate("up", "--dev", "--detach", "--port", port, str(CONTOSO))
    assert fresh.origin in said
    pid = json.loads(fresh.mlestate("status", "-o", "json"))["pid"]
    try:
        assert call(fresh, "plan", str(CONTOSO)).returncode == 0
        assert "runs on" in refused(fresh, "up", "--detach", "--port", port)
        assert "stopped" in fresh.mlestate("down")
        assert json.loads(fresh.mlestate("status", "-o", "json"))["running"] is False
        assert fresh.agents() == []
    finally:
        if Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGKILL)


def test_what_could_not_be_applied_is_said_and_the_exit_code_is_1(fresh: Running, tmp_path: Path):
    port = str(fresh.port)
    fresh.mlestate("up", "--dev", "--detach", "--port", port, str(CONTOSO))
    fresh.mlestate("down")
    other = tmp_path / "other.yaml"
    other.write_text(CONTOSO.read_text().replace("id: contoso", "id: other", 1))
    said = call(fresh, "up", "--dev", "--detach", "--port", port, str(other))
    fresh.mlestate("down")
    assert said.returncode == 1
    assert "so none is begun" in said.stderr
    assert "mlestate apply FILE" in said.stderr


@pytest.mark.parametrize("after", [0.0, 0.5, 1.0])
def test_ctrl_c_in_the_midst_of_applying_stops_soon_and_the_next_start_goes_on(
    fresh: Running, after: float
):
    fresh.begin()
    fresh.await_words("mlestate is up")
    time.sleep(after)
    began = time.monotonic()
    fresh.stop()
    assert time.monotonic() - began < 8
    assert b"Traceback" not in fresh.said()
    assert b"failed:" not in fresh.said()
    fresh.start()
    assert call(fresh, "plan", str(CONTOSO)).returncode == 0


def test_status_is_true_while_it_starts_and_after_a_kill(fresh: Running):
    fresh.begin()
    fresh.await_words("mlestate is up")
    starting = json.loads(fresh.mlestate("status", "-o", "json"))
    assert starting["running"] is True
    fresh.kill_api()
    assert json.loads(fresh.mlestate("status", "-o", "json"))["running"] is False
    assert "nothing runs" in fresh.mlestate("down")
