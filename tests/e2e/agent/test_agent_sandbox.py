"""What a job can not do."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from mlestate.runtime.local import landlock
from mlestate.runtime.protocol import Limits, Output
from tests.e2e.agent.conftest import Cell, eventually

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(90)]

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give a job its own user")


def run(cell: Cell, command: str, name: str = "j1") -> str:
    cell.submit(name, command)
    end = cell.end(name)
    assert end.state == "Completed", (end, cell.log(name))
    return cell.log(name)


def test_neither_the_data_directory_nor_secrets_of_the_machine_exist(cell: Cell) -> None:
    (cell.data / "secret").write_text("x")
    hidden = [cell.data / "secret", Path("/etc/shadow"), Path("/root"), Path("/home")]
    hidden += [cell.region / "jobs", cell.path / "token", Path("/sys/kernel")]
    command = "; ".join(f"ls {path} 2>&1" for path in hidden) + "; true"
    lines = run(cell, command).splitlines()
    assert len(lines) == len(hidden)
    assert all("No such file or directory" in line for line in lines)


def test_another_jobs_folder_is_out_of_reach(cell: Cell) -> None:
    cell.submit("other", "sleep 600")
    cell.supervisor("other")
    assert "No such file" in run(cell, f"ls {cell.folder('other').path} 2>&1; true")
    assert run(cell, "ps ax 2>/dev/null || ls /proc | grep -c '^[0-9]'", "j2")
    cell.post("/test/cancel/other")
    cell.end("other")


def test_only_the_api_can_be_reached(cell: Cell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        tried = run(
            cell,
            f"""python - <<'END'
import socket, urllib.request
request = urllib.request.Request("{cell.url}/whoami", headers={{"Authorization": "mine"}})
print(urllib.request.urlopen(request).read().decode())
for host, port in [("127.0.0.1", {port}), ("localhost", 22), ("10.0.0.1", 80)]:
    try:
        socket.create_connection((host, port), 2)
        print("REACHED", host, port)
    except OSError as error:
        print(type(error).__name__)
END
""",
        ).splitlines()
    assert tried[0] == '{"token":"mine"}'
    assert tried[1:] == ["ConnectionRefusedError", "ConnectionRefusedError", "OSError"]


def test_the_environment_cannot_be_changed(cell: Cell) -> None:
    command = "touch $VIRTUAL_ENV/x 2>&1; touch /usr/x 2>&1; touch /opt/mlestate/inside.py 2>&1"
    lines = run(cell, command + "; true").splitlines()
    assert all("Read-only" in line or "Permission denied" in line for line in lines), lines
    assert len(lines) == 3


def test_nothing_outside_is_read_by_way_of_the_outputs(cell: Cell) -> None:
    cell.submit(
        "j1",
        "ln -s /etc/passwd outputs/link; ln -s /etc ${{outputs.o}}/etc; "
        "rmdir ${{outputs.p}}; ln -s /etc ${{outputs.p}}; echo fine > ${{outputs.o}}/fine",
        outputs=(Output("o", cell.place("o")), Output("p", cell.place("p"))),
    )
    assert cell.end("j1").state == "Completed"
    names = [path.name for path in (cell.server_dir / "blobs").iterdir()]
    assert "o%2Ffine" in names
    assert not [name for name in names if "etc" in name or "link" in name or name.startswith("p%")]


def test_what_a_job_leaves_in_strange_ways_is_sent_and_removed(cell: Cell) -> None:
    cell.submit(
        "j1",
        """python - <<'END'
import os
os.chdir("outputs")
os.symlink("circle", "circle")
os.mkfifo("pipe")
open(b"n\\xffme", "w").write("kept")
for n in range(1500):
    os.mkdir("d"), os.chdir("d")
END
cd /job && python -c 'import os; [(os.mkdir("d"), os.chdir("d")) for n in range(5000)]'
rm -r ${{outputs.p}} && ln -s ${{outputs.p}} ${{outputs.p}}""",
        outputs=(Output("p", cell.place("p")),),
    )
    assert cell.end("j1").state == "Completed", cell.log("j1")
    assert cell.blob("runs/j1/outputs/n\ufffdme") == b"kept"
    assert not cell.folder("j1").path.exists()


def test_what_a_job_leaves_running_dies_with_it(cell: Cell) -> None:
    run(cell, "setsid nohup sleep 4242 >/dev/null 2>&1 & sleep 0.2")
    assert not _runs("4242")


# The loader of a program heeds these two before the program begins, and writes to that file.
def tracing(path: Path) -> dict[str, str]:
    return {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(path), "PYTHONPATH": "/job/code"}


SEEN = (
    "echo mine $LD_DEBUG $PYTHONPATH; unset LD_DEBUG LD_LIBRARY_PATH; "
    "tr '\\0' '\\n' < /proc/$PPID/environ | sed 's/^/ours /'"
)


def test_a_jobs_variables_begin_with_the_job_and_not_with_its_walls(cell: Cell) -> None:
    outside = cell.path / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    cell.submit("j1", SEEN, environment_variables=tracing(outside / "trace"))
    assert cell.end("j1").state == "Completed", cell.log("j1")
    assert list(outside.iterdir()) == []
    assert "mine files /job/code\n" in cell.log("j1")
    ours = {line for line in cell.log("j1").splitlines() if line.startswith("ours ")}
    # The last is bubblewrap's.
    names = {line.removeprefix("ours ").partition("=")[0] for line in ours}
    assert names == {"HOME", "LANG", "PATH", "PWD"}


def test_without_bubblewrap_a_jobs_variables_begin_with_the_job_too(open_cell: Cell) -> None:
    variables = {"LD_LIBRARY_PATH": "/nowhere", "GCONV_PATH": "/nowhere"}
    open_cell.submit("j1", SEEN + "; echo $GCONV_PATH", environment_variables=variables)
    assert open_cell.end("j1").state == "Completed", open_cell.log("j1")
    assert open_cell.log("j1").endswith("/nowhere\n")
    assert "ours HOME" in open_cell.log("j1")
    assert "ours LD_" not in open_cell.log("j1")
    assert "ours GCONV" not in open_cell.log("j1")


def test_a_variable_may_be_long_and_what_is_too_long_is_told(cell: Cell) -> None:
    cell.submit("j1", "echo ${#A}", environment_variables={"A": "x" * 100_000})
    cell.end("j1")
    assert cell.log("j1") == "100000\n"
    cell.submit("j2", "true", environment_variables={"A": "x" * 200_000})
    assert cell.end("j2").exit_code == 126
    assert "could not be started" in cell.log("j2")


@needs_root
def test_every_job_has_a_user_of_its_own(cell: Cell) -> None:
    first, second = run(cell, "id -u", "a"), run(cell, "id -u", "b")
    assert first != second
    assert int(first) >= 20000


@needs_root
def test_a_job_that_takes_too_much_memory_is_told_so(cell: Cell) -> None:
    cell.submit(
        "j1",
        "python -c 'x = bytearray(300 << 20); print(len(x))'",
        limits=Limits(memory=128 << 20),
    )
    end = cell.end("j1")
    if "cgroup-memory" not in end.protections:
        pytest.skip("CONTROL GROUPS CANNOT BE MADE HERE: only the address space is limited")
    assert end.error is not None
    assert (end.error.code, end.exit_code) == ("OutOfMemory", 137)
    assert "128 MiB" in end.error.message
    assert 100 << 20 < end.peak_memory <= 128 << 20


@needs_root
def test_a_job_cannot_have_more_processes_than_it_may(cell: Cell) -> None:
    cell.submit(
        "j1",
        "for i in $(seq 200); do sleep 600 & done; echo all",
        limits=Limits(processes=64),
    )
    eventually(lambda: "Resource temporarily unavailable" in cell.log("j1"), "it is refused")
    cell.post("/test/cancel/j1")
    cell.end("j1")


def test_the_protections_that_held_are_told(cell: Cell) -> None:
    cell.submit("j1", "true")
    end = cell.end("j1")
    assert {"namespaces", "network", "filesystem", "limits", "environment"} <= set(end.protections)


def test_without_bubblewrap_the_job_runs_and_says_what_it_lacks(open_cell: Cell) -> None:
    open_cell.put_blob("code/main.py", b"print('hello')")
    open_cell.submit("j1", "python main.py; pwd", code=open_cell.place("code"))
    end = open_cell.end("j1")
    assert end.state == "Completed", open_cell.log("j1")
    assert "namespaces" not in end.protections
    assert "limits" in end.protections
    assert any("without a sandbox" in warning for warning in end.warnings)
    assert open_cell.log("j1").startswith("hello\n")


def test_without_bubblewrap_a_canceled_job_leaves_nothing_behind(open_cell: Cell) -> None:
    open_cell.submit("j1", "(trap '' TERM; setsid sleep 4343) & trap 'exit 0' TERM; echo up; wait")
    eventually(lambda: "up" in open_cell.log("j1"), "the job is up")
    open_cell.post("/test/cancel/j1")
    assert open_cell.end("j1", 20).state == "Canceled"
    assert not _runs("4343")


def test_without_bubblewrap_a_killed_supervisor_leaves_nothing_behind(open_cell: Cell) -> None:
    open_cell.submit("j1", "setsid sleep 4444 & sleep 4444 & echo up; wait")
    eventually(lambda: "up" in open_cell.log("j1"), "the job is up")
    os.kill(open_cell.supervisor("j1"), signal.SIGKILL)
    error = open_cell.end("j1").error
    assert error is not None
    assert error.code == "SupervisorLost"
    eventually(lambda: not _runs("4444"), "all of it ends")


def test_a_folder_that_a_job_has_closed_is_removed_all_the_same(cell: Cell) -> None:
    run(cell, "mkdir -p shut/deep && touch shut/deep/x && chmod 000 shut/deep shut")


def test_without_bubblewrap_the_kernel_still_closes_paths_and_ports(open_cell: Cell) -> None:
    if landlock.version() < 4:
        pytest.skip(
            "THIS KERNEL HAS NO LANDLOCK WITH PORTS: nothing closes them without bubblewrap"
        )
    (open_cell.data / "secret").write_text("x")
    (open_cell.data / "secret").chmod(0o644)
    open_cell.data.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        open_cell.submit(
            "j1",
            f"cat {open_cell.data}/secret 2>&1; touch {open_cell.data}/new 2>&1; "
            f"echo x > $TMPDIR/x && (echo > /dev/tcp/127.0.0.1/{port}) 2>&1; "
            f"(echo > /dev/tcp/127.0.0.1/{open_cell.port}) && echo the API is there",
        )
        end = open_cell.end("j1")
    assert "landlock" in end.protections
    assert open_cell.log("j1").count("Permission denied") >= 3
    assert open_cell.log("j1").endswith("the API is there\n")


@needs_root
def test_without_bubblewrap_other_users_files_stay_closed(open_cell: Cell) -> None:
    open_cell.submit("other", "sleep 600")
    open_cell.supervisor("other")
    secret = open_cell.folder("other").path / "order.json"
    open_cell.submit("j1", f"cat {secret} 2>&1; ls {secret.parent} 2>&1; cat /etc/shadow 2>&1")
    open_cell.end("j1")
    assert open_cell.log("j1").count("Permission denied") == 3
    open_cell.post("/test/cancel/other")
    open_cell.end("other")


def _runs(word: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes().split(b"\0"):
                return True
        except OSError:
            continue
    return False
