import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mlestate.core.errors import Invalid
from mlestate.runtime.distribution import processes
from mlestate.runtime.local.folder import Folder, Order
from mlestate.runtime.local.machine import Machine
from mlestate.runtime.local.order import order
from mlestate.runtime.local.sandbox import command_line, environment, plan
from mlestate.runtime.local.venvs import Venv
from mlestate.runtime.protocol import (
    Distribution,
    EnvironmentSpec,
    JobSpec,
    Limits,
    Output,
    Place,
    Workspace,
)

PLACE = Place("https://a/c?sig=k")
SPEC = JobSpec(
    id="/jobs/j",
    name="j",
    workspace=Workspace("/w", "sub", "group", "space", "guid"),
    command="train ${{inputs.d}} ${{outputs.m}}",
    environment=EnvironmentSpec(),
    artifacts=PLACE,
    tracking_uri="https://localhost:8443/mlflow",
    token="secret",
    experiment_name="e",
    outputs=(Output("m", PLACE),),
)
VENV = Venv(Path("/data/environments/abc"), Path("/usr/bin/python3.11"))
FOLDER = Folder(Path("/data/jobs/guid.j"))


def ordered(bwrap: str = "/usr/bin/bwrap", **changes: Any) -> Order:
    machine = Machine(Path("/data"), "n", "127.0.0.1", 9443, ca=Path("/ca.pem"), bwrap=bwrap)
    spec = msgspec.structs.replace(SPEC, **changes)
    return order(spec, FOLDER, machine, VENV, {"d": "/job/inputs/d"}, 20001)


def test_paths_are_those_inside_the_sandbox() -> None:
    made = ordered()
    assert made.command == "train /job/inputs/d /job/outputs/m"
    assert made.variables["SSL_CERT_FILE"] == "/etc/mlestate/ca.pem"
    assert ordered(bwrap="").command == "train /job/inputs/d /data/jobs/guid.j/work/outputs/m"


def test_an_output_written_directly_is_its_address() -> None:
    made = ordered(outputs=(Output("m", PLACE, mode="Direct", uri="azureml://d"),))
    assert made.command.endswith(" azureml://d")


def test_the_tracking_address_leads_through_the_one_way_out() -> None:
    made = ordered(tracking_uri="https://ml.contoso.com/mlflow", hosts=("blob.contoso.com",))
    # Nobody may listen below 1024 inside.
    assert made.variables["MLFLOW_TRACKING_URI"] == "https://ml.contoso.com:40443/mlflow"
    assert (made.network.port, made.network.host, made.network.api_port) == (
        40443,
        "127.0.0.1",
        9443,
    )
    assert made.network.names == ("ml.contoso.com", "blob.contoso.com")


@pytest.mark.parametrize("host", ["10.1.2.3", "[::1]"])
def test_an_api_known_by_its_address_is_localhost_inside(host: str) -> None:
    made = ordered(tracking_uri=f"https://{host}:8443/mlflow")
    assert made.variables["MLFLOW_TRACKING_URI"] == "https://localhost:8443/mlflow"


def test_a_job_cannot_pretend_to_be_another() -> None:
    made = ordered(environment_variables={"MLFLOW_TRACKING_TOKEN": "x", "AZUREML_RUN_ID": "y"})
    assert made.variables["MLFLOW_TRACKING_TOKEN"] == "secret"
    assert made.variables["AZUREML_RUN_ID"] == "j"


def test_the_token_is_on_no_command_line() -> None:
    line = command_line(FOLDER, ordered(), 9)
    assert not [word for word in line if "secret" in word]
    assert "secret" not in environment(FOLDER, ordered()).values()
    assert "secret" in json.loads(plan(FOLDER, ordered()))["processes"][0].values()


def test_nothing_of_the_data_directory_is_bound_but_the_jobs_own() -> None:
    line = command_line(FOLDER, ordered(), 9)
    bound = [line[i + 1] for i, word in enumerate(line) if word in ("--bind", "--ro-bind")]
    ours = [path for path in bound if path.startswith("/data")]
    assert all(path.startswith(("/data/jobs/guid.j/", "/data/environments/abc")) for path in ours)
    for hidden in ("lease.json", "order.json", "lock", "log.txt"):
        assert f"/data/jobs/guid.j/{hidden}" not in bound


def test_libraries_are_told_how_many_cores_there_are() -> None:
    assert ordered(limits=Limits(cpus=1.5)).variables["OMP_NUM_THREADS"] == "2"
    mine = {"OMP_NUM_THREADS": "7"}
    made = ordered(limits=Limits(cpus=2), environment_variables=mine)
    assert made.variables["OMP_NUM_THREADS"] == "7"


def test_tensorflow_is_told_its_cluster() -> None:
    spec = msgspec.structs.replace(
        SPEC, distribution=Distribution("TensorFlow", workers=2, parameter_servers=1)
    )
    found = [json.loads(one["TF_CONFIG"]) for one in processes(spec)]
    assert [one["task"] for one in found] == [
        {"type": "worker", "index": 0},
        {"type": "worker", "index": 1},
        {"type": "ps", "index": 0},
    ]
    ports = [port for members in found[0]["cluster"].values() for port in members]
    assert len(set(ports)) == 3


def test_mpi_programs_find_their_rank() -> None:
    spec = msgspec.structs.replace(
        SPEC, distribution=Distribution("Mpi", processes_per_instance=2), instance_count=2
    )
    found = processes(spec)
    assert [one["OMPI_COMM_WORLD_RANK"] for one in found] == ["0", "1", "2", "3"]
    assert [one["OMPI_COMM_WORLD_LOCAL_RANK"] for one in found] == ["0", "1", "0", "1"]


def test_an_unknown_distribution_is_refused() -> None:
    with pytest.raises(Invalid, match="Dask"):
        processes(msgspec.structs.replace(SPEC, distribution=Distribution("Dask")))


@pytest.mark.parametrize(
    "asked",
    [
        Distribution("PyTorch", 10**9),
        Distribution("Mpi", 513),
        Distribution("TensorFlow", 1, 500, 13),
    ],
)
def test_more_processes_than_a_job_may_have_are_refused_at_once(asked: Distribution) -> None:
    with pytest.raises(Invalid, match="may have 512"):
        processes(msgspec.structs.replace(SPEC, distribution=asked))
