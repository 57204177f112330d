"""From a lease to the supervisor's order: the command resolved, the variables told. Pure."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Mapping
from urllib.parse import urlsplit

from ..command import address, resolve, variables
from ..distribution import processes
from ..protocol import FILES, JobSpec, Output
from .folder import Folder, Network, Order
from .machine import Machine
from .sandbox import View, view
from .venvs import Venv

# Inside the walls nobody may listen below 1024.
_PORT_OFFSET = 40_000


def order(
    spec: JobSpec, folder: Folder, machine: Machine, venv: Venv, inputs: Mapping[str, str], uid: int
) -> Order:
    """`inputs` maps names to what stands for them in the command. Raises Invalid."""
    seen = view(folder, machine.bwrap)
    outputs = {one.name: output_path(seen, one) for one in spec.outputs}
    uri, network = _network(spec, machine)
    return Order(
        command=resolve(spec.command, inputs, outputs),
        variables={
            **spec.environment_variables,
            **variables(inputs, outputs),
            **_threads(spec),
            **_identity(spec, uri),
            **(_certificates(seen) if machine.ca else {}),
        },
        processes=processes(spec),
        environment=str(venv.path),
        interpreter=str(venv.interpreter),
        network=network,
        bwrap=machine.bwrap,
        uid=uid,
        control_groups=machine.control_groups,
        memory=spec.limits.memory,
        cpus=spec.limits.cpus,
        max_processes=spec.limits.processes,
        file_size=spec.limits.file_size,
        timeout=spec.limits.timeout,
        grace=machine.grace,
    )


def output_path(seen: View, output: Output) -> str:
    """A folder of its own for each output; a file output is the one file in it."""
    if output.mode == "Direct":
        return address(output.uri)
    path = seen.output(output.name)
    return f"{path}/{output.name}" if output.type in FILES else path


def _network(spec: JobSpec, machine: Machine) -> tuple[str, Network]:
    """The tracking address as the job is to call it, and where that leads."""
    parts = urlsplit(spec.tracking_uri)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or "localhost"
    if not machine.bwrap:
        return spec.tracking_uri, Network(port, machine.host, machine.port)
    inner = port if port >= 1024 else port + _PORT_OFFSET
    host = "localhost" if _is_address(host) and host != "127.0.0.1" else host
    uri = parts._replace(netloc=f"{host}:{inner}").geturl()
    names = tuple(name for name in (host, *spec.hosts) if not _is_address(name))
    return uri, Network(inner, machine.host, machine.port, names)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _identity(spec: JobSpec, uri: str) -> dict[str, str]:
    """Who the job is, for MLflow's client and for code written for Azure ML."""
    run = spec.run_id or spec.name
    found = {
        "MLFLOW_TRACKING_URI": uri,
        "MLFLOW_TRACKING_TOKEN": spec.token,
        "MLFLOW_RUN_ID": run,
        "MLFLOW_EXPERIMENT_NAME": spec.experiment_name,
        "MLFLOW_EXPERIMENT_ID": spec.experiment_id,
        "AZUREML_RUN_ID": spec.name,
        "AZUREML_ROOT_RUN_ID": spec.name,
        "AZUREML_ARM_SUBSCRIPTION": spec.workspace.subscription,
        "AZUREML_ARM_RESOURCEGROUP": spec.workspace.resource_group,
        "AZUREML_ARM_WORKSPACE_NAME": spec.workspace.name,
        "AZUREML_ARM_PROJECT_NAME": spec.experiment_name,
        "AZUREML_WORKSPACE_ID": spec.workspace.guid,
    }
    return {name: value for name, value in found.items() if value}


def _certificates(seen: View) -> dict[str, str]:
    names = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
    return dict.fromkeys(names, seen.ca)


def _threads(spec: JobSpec) -> dict[str, str]:
    """A numerical library counts the machine's cores, not those it may use."""
    if not spec.limits.cpus or "OMP_NUM_THREADS" in spec.environment_variables:
        return {}
    return {"OMP_NUM_THREADS": str(math.ceil(spec.limits.cpus))}
