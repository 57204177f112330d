"""What an agent and the API say to each other, in JSON, below `/estate/v1/agents/{region}/`.

Only shapes are here. A lease is fenced: `fence` grows with every lease of a region, and whoever
speaks with an older one is told that the job is no longer its own.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

State = Literal["Starting", "Preparing", "Running", "Finalizing", "Completed", "Failed", "Canceled"]
ENDED: frozenset[str] = frozenset({"Completed", "Failed", "Canceled"})

# What a path stands for decides how it is fetched: one blob, or all below a prefix.
FILES: frozenset[str] = frozenset({"uri_file"})
FOLDERS: frozenset[str] = frozenset(
    {"uri_folder", "mltable", "mlflow_model", "custom_model", "triton_model"}
)


class Wire(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Names are camelCase on the wire; what a newer side adds is ignored by an older one."""


class Place(Wire, frozen=True):
    """A blob prefix: `url` is the container's address with its SAS, `prefix` has no leading `/`."""

    url: str
    prefix: str = ""


class Input(Wire, frozen=True):
    """`literal` has a `value`; all others a `place`. `uri` is what a Direct input hands over."""

    name: str
    type: str = "literal"
    value: str = ""
    place: Place | None = None
    mode: str = "ReadOnlyMount"
    uri: str = ""


class Output(Wire, frozen=True):
    name: str
    place: Place
    type: str = "uri_folder"
    mode: str = "ReadWriteMount"
    uri: str = ""


class EnvironmentSpec(Wire, frozen=True):
    """What the environment's document says; `name` also finds a curated one in the table."""

    name: str = ""
    image: str = ""
    conda_file: str = ""
    requirements: tuple[str, ...] = ()


class Distribution(Wire, frozen=True):
    """`kind` is empty, PyTorch, TensorFlow, Mpi or Ray. All processes share one sandbox."""

    kind: str = ""
    processes_per_instance: int = 1
    workers: int = 0
    parameter_servers: int = 0


class Limits(Wire, frozen=True):
    """0 is no limit. `timeout` in seconds, `memory` in bytes, `cpus` in cores."""

    timeout: float = 0
    memory: int = 0
    cpus: float = 0
    processes: int = 512
    file_size: int = 64 << 30


class Workspace(Wire, frozen=True):
    id: str
    subscription: str
    resource_group: str
    name: str
    guid: str


class JobSpec(Wire, frozen=True):
    """All that is needed to run a job; minted when it is leased, so its keys are fresh."""

    id: str
    name: str
    workspace: Workspace
    command: str
    environment: EnvironmentSpec
    artifacts: Place
    tracking_uri: str
    token: str
    experiment_name: str
    experiment_id: str = ""
    run_id: str = ""
    code: Place | None = None
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    environment_variables: dict[str, str] = {}
    distribution: Distribution = Distribution()
    instance_count: int = 1
    limits: Limits = Limits()
    # Further names under which the API answers (blob hosts); a job reaches these and no others.
    hosts: tuple[str, ...] = ()


class Lease(Wire, frozen=True):
    job: str
    fence: int
    expires: float
    spec: JobSpec


class Held(Wire, frozen=True):
    """A lease the agent has. `refresh` asks for a spec with fresh addresses."""

    job: str
    fence: int
    refresh: bool = False


class Claim(Wire, frozen=True):
    """`node` names this agent's data directory for good; `free` is how many more jobs it takes."""

    node: str
    free: int
    held: tuple[Held, ...] = ()


class Claimed(Wire, frozen=True):
    leases: tuple[Lease, ...] = ()


class Renew(Wire, frozen=True):
    node: str
    held: tuple[Held, ...]


Verdict = Literal["held", "cancel", "gone"]


class Failure(Wire, frozen=True):
    code: str
    message: str


class Renewal(Wire, frozen=True):
    """`gone`: another fence or another end; stop the job and forget it. Where fresh addresses were
    asked for, they are in `spec`, or `refused` says why there will be none.
    """

    job: str
    verdict: Verdict
    expires: float = 0
    spec: JobSpec | None = None
    refused: Failure | None = None


class Renewed(Wire, frozen=True):
    renewals: tuple[Renewal, ...] = ()


class Report(Wire, frozen=True):
    """One step of a job. `Running` is said, and acknowledged, before the first process starts."""

    job: str
    fence: int
    state: State
    node: str = ""
    message: str = ""
    exit_code: int | None = None
    error: Failure | None = None
    protections: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    peak_memory: int = 0
    cpu_seconds: float = 0
    seconds: float = 0


class Reported(Wire, frozen=True):
    """`accepted` is false for a stale fence; `cancel` as in a renewal."""

    accepted: bool
    cancel: bool = False


def decode(body: bytes, shape: type[Any]) -> Any:
    """Raises `msgspec.ValidationError`, naming the path."""
    return msgspec.json.decode(body, type=shape)


def encode(message: Wire) -> bytes:
    return msgspec.json.encode(message)
