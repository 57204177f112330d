"""What a job is given and what it leaves, through real processes."""

from __future__ import annotations

import re

import pytest

from mlestate.runtime.protocol import Distribution, EnvironmentSpec, Input, Limits, Output
from tests.e2e.agent.conftest import Cell, eventually

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(90)]


def test_a_job_runs_from_its_code_and_leaves_its_log(cell: Cell) -> None:
    cell.put_blob("code/main.py", b"print('hello from', __file__)")
    cell.submit("j1", "python main.py && echo over >&2", code=cell.place("code"))
    end = cell.end("j1")
    assert (end.state, end.exit_code, end.error) == ("Completed", 0, None)
    assert cell.log("j1") == "hello from /job/code/main.py\nover\n"
    assert cell.states("j1") == ["Preparing", "Running", "Finalizing", "Completed"]


def test_inputs_and_outputs_are_paths_and_literals(cell: Cell) -> None:
    cell.put_blob("data/a/x.csv", b"1,2")
    cell.put_blob("data/a/deep/y.csv", b"3")
    cell.put_blob("data/ab.csv", b"not of the folder")
    cell.submit(
        "j1",
        "cat ${{inputs.file}} && ls -R ${{inputs.folder}} && echo ${{inputs.rate}} $[[opt "
        "${{inputs.gone}}]] && cp ${{inputs.file}} ${{outputs.model}}/m.csv && "
        "echo kept > outputs/note.txt && ls $AZURE_ML_INPUT_folder && ! touch ${{inputs.file}}",
        inputs=(
            Input("file", "uri_file", place=cell.place("data/a/x.csv")),
            Input("folder", "uri_folder", place=cell.place("data/a/")),
            Input("rate", value="0.1"),
        ),
        outputs=(Output("model", cell.place("outs/model")),),
    )
    end = cell.end("j1")
    assert end.state == "Completed", (end, cell.log("j1"))
    assert "1,2" in cell.log("j1")
    assert "deep" in cell.log("j1")
    assert "0.1" in cell.log("j1")
    assert "ab.csv" not in cell.log("j1")
    assert cell.blob("outs/model/m.csv") == b"1,2"
    assert cell.blob("runs/j1/outputs/note.txt") == b"kept\n"


def test_a_files_name_is_one_word_of_the_command_and_never_runs(cell: Cell) -> None:
    name = "data/d;cd outputs;id>pwned;echo HACKED;#.csv"
    cell.put_blob(name, b"1,2\n")
    cell.submit(
        "j1",
        'cat ${{inputs.data}} "${{inputs.data}}"; ls $AZURE_ML_INPUT_data; echo ${{inputs.direct}}',
        inputs=(
            Input("data", "uri_file", place=cell.place(name)),
            Input("direct", "uri_file", place=cell.place(name), mode="Direct", uri=f"x://{name}"),
        ),
    )
    assert cell.end("j1").state == "Completed", cell.log("j1")
    assert cell.log("j1").splitlines() == [
        "1,2",
        "1,2",
        "/job/inputs/data/d_cd_outputs_id_pwned_echo_HACKED__.csv",
        "x://data/d%3Bcd%20outputs%3Bid%3Epwned%3Becho%20HACKED%3B%23.csv",
    ]
    assert cell.blob("runs/j1/outputs/pwned") is None


def test_a_job_knows_who_it_is_and_nothing_of_the_agent(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_AGENT", "1")
    cell.agent.terminate()
    cell.agent.wait()
    cell.start_agent()
    cell.submit("j1", "env", environment_variables={"MINE": "yes"})
    cell.end("j1")
    variables = dict(line.split("=", 1) for line in cell.log("j1").splitlines() if "=" in line)
    assert variables["MINE"] == "yes"
    assert variables["MLFLOW_TRACKING_URI"] == f"{cell.url}/mlflow"
    assert variables["MLFLOW_TRACKING_TOKEN"] == "token-of-j1"
    assert variables["MLFLOW_RUN_ID"] == variables["AZUREML_RUN_ID"] == "j1"
    assert variables["AZUREML_ARM_WORKSPACE_NAME"] == "space"
    assert "SECRET_OF_THE_AGENT" not in variables
    assert not [name for name in variables if name.startswith("MLESTATE")]


def test_a_failing_command_is_quoted_in_the_error(cell: Cell) -> None:
    cell.submit("j1", "echo the last words; exit 3")
    end = cell.end("j1")
    assert (end.state, end.exit_code) == ("Failed", 3)
    assert end.error is not None
    assert end.error.code == "ExecutionFailed"
    assert end.error.message.endswith("the last words")


def test_an_unknown_expression_fails_before_anything_runs(cell: Cell) -> None:
    cell.submit("j1", "echo ${{inputs.nowhere}}")
    end = cell.end("j1")
    assert end.error is not None
    assert end.error.code == "InvalidExpression"
    assert "Running" not in cell.states("j1")


def test_an_input_that_is_not_there_is_named(cell: Cell) -> None:
    cell.submit("j1", "true", inputs=(Input("d", "uri_folder", place=cell.place("none")),))
    end = cell.end("j1")
    assert end.error is not None
    assert end.error.code == "InputNotFound"


def test_blobs_that_cannot_be_files_together_are_the_datas_fault(cell: Cell) -> None:
    cell.put_blob("odd/a", b"1")
    cell.put_blob("odd/a/b", b"2")
    cell.submit("j1", "true", inputs=(Input("d", "uri_folder", place=cell.place("odd")),))
    end = cell.end("j1")
    assert end.error is not None
    assert end.error.code == "InvalidPath"
    assert "`odd/a/b`" in end.error.message
    assert str(cell.data) not in end.error.message


def test_an_output_with_too_long_a_name_is_told_and_the_others_are_sent(cell: Cell) -> None:
    part = "d" * 200
    deep = "/".join([part] * 6)
    cell.submit(
        "j1",
        f"cd ${{{{outputs.o}}}}; mkdir -p {deep}; echo 1 > {deep}/x; echo 2 > a; echo 3 > z",
        outputs=(Output("o", cell.place("outs")),),
    )
    end = cell.end("j1")
    assert (end.state, end.error) == ("Completed", None)
    assert (cell.blob("outs/a"), cell.blob("outs/z")) == (b"2\n", b"3\n")
    [told] = end.warnings
    assert "of the output `o` was not sent: its path is too long for a blob" in told
    assert cell.log("j1") == f"WARNING: {told}\n"


def test_a_python_that_is_not_here_is_said_so(cell: Cell) -> None:
    conda = "dependencies:\n- python=3.7\n"
    cell.submit("j1", "true", environment=EnvironmentSpec(conda_file=conda))
    end = cell.end("j1")
    assert end.error is not None
    assert end.error.code == "PythonNotAvailable"
    assert "3.7" in end.error.message


def test_the_build_log_tells_what_was_left_out(cell: Cell) -> None:
    conda = "dependencies:\n- cudatoolkit=11\n- pip:\n  - six==1.17.0\n"
    command = "python -c 'import six; print(six.__version__, six.__file__)'"
    cell.submit("j1", command, environment=EnvironmentSpec(conda_file=conda))
    assert cell.end("j1", 60).state == "Completed", cell.blob(
        "runs/j1/azureml-logs/20_image_build_log.txt"
    )
    built = (cell.blob("runs/j1/azureml-logs/20_image_build_log.txt") or b"").decode()
    assert "WARNING: `cudatoolkit` is not installable" in built
    assert cell.log("j1").startswith("WARNING: `cudatoolkit` is not installable")
    assert "1.17.0" in cell.log("j1")
    assert "/environments/" in cell.log("j1")


def test_a_package_that_does_not_exist_fails_the_job_with_the_reason(cell: Cell) -> None:
    spec = EnvironmentSpec(requirements=("six==0.0.0.0.1",))
    cell.submit("j1", "true", environment=spec)
    end = cell.end("j1", 60)
    assert end.error is not None
    assert end.error.code == "EnvironmentBuildFailed"
    assert b"six" in (cell.blob("runs/j1/azureml-logs/20_image_build_log.txt") or b"")


def test_a_distributed_job_has_all_its_processes(cell: Cell) -> None:
    cell.submit(
        "j1",
        'echo "rank $RANK of $WORLD_SIZE, local $LOCAL_RANK on $NODE_RANK"',
        distribution=Distribution("PyTorch", processes_per_instance=2),
        instance_count=2,
    )
    ended = cell.end("j1")
    assert ended.state == "Completed", ended
    assert sorted(cell.log("j1").splitlines()) == [
        f"rank {r} of 4, local {r % 2} on {r // 2}" for r in range(4)
    ]


def test_one_process_that_fails_ends_the_others(cell: Cell) -> None:
    cell.submit(
        "j1",
        "[ $RANK = 1 ] && exit 7; sleep 600",
        distribution=Distribution("Mpi", processes_per_instance=2),
    )
    assert cell.end("j1").exit_code == 7


def test_a_canceled_job_may_say_goodbye(cell: Cell) -> None:
    cell.submit("j1", "trap 'echo goodbye; exit 0' TERM; echo up; sleep 600 & wait")
    eventually(lambda: "up" in cell.log("j1"), "the job is up")
    cell.post("/test/cancel/j1")
    assert cell.end("j1").state == "Canceled"
    assert "goodbye" in cell.log("j1")


def test_a_job_over_its_time_is_ended_with_that_error(cell: Cell) -> None:
    cell.submit("j1", "sleep 600", limits=Limits(timeout=0.5))
    end = cell.end("j1")
    assert end.state == "Failed"
    assert end.error is not None
    assert (end.error.code, "0.5 seconds" in end.error.message) == ("JobTimedOut", True)


def test_several_jobs_run_at_once(cell: Cell) -> None:
    for name in ("j1", "j2", "j3"):
        cell.submit(name, "sleep 600")
    pids = {cell.supervisor(name) for name in ("j1", "j2", "j3")}
    assert len(pids) == 3
    for name in ("j1", "j2", "j3"):
        cell.post(f"/test/cancel/{name}")
    assert {cell.end(name).state for name in ("j1", "j2", "j3")} == {"Canceled"}


def test_a_large_output_arrives_whole(cell: Cell) -> None:
    cell.submit(
        "j1",
        "head -c 40000000 /dev/zero > ${{outputs.big}}/big.bin; seq 200000",
        outputs=(Output("big", cell.place("outs/big")),),
    )
    ended = cell.end("j1")
    assert ended.state == "Completed", ended
    assert cell.log("j1") == "".join(f"{n}\n" for n in range(1, 200001))
    assert re.fullmatch(rb"\0{40000000}", cell.blob("outs/big/big.bin") or b"")
