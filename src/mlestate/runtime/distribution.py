"""What each process of a distributed job is told about the others. Pure.

All instances of a job share one sandbox on one machine, so they meet on the loopback.
"""

from __future__ import annotations

import json

from ..core.errors import Invalid
from .protocol import JobSpec

_PORT = 29500


def processes(spec: JobSpec) -> tuple[dict[str, str], ...]:
    """One mapping of variables per process; a job that is not distributed has one, empty.

    Raises Invalid for more than the job may have.
    """
    kind = spec.distribution.kind.lower()
    if (count := _count(spec, kind)) > spec.limits.processes:
        raise Invalid(
            f"The job asks for {count} processes, and may have {spec.limits.processes}.",
            code="TooManyProcesses",
            target="properties.distribution",
        )
    if kind in ("", "ray"):
        return ({},)
    if kind == "tensorflow":
        return _tensorflow(spec.distribution.workers or spec.instance_count, _servers(spec))
    if kind in ("pytorch", "mpi"):
        return tuple(_ranked(spec, rank, kind) for rank in range(_world(spec)))
    raise Invalid(
        f"The distribution `{spec.distribution.kind}` is none of PyTorch, TensorFlow, Mpi, Ray.",
        target="properties.distribution.distributionType",
    )


def _count(spec: JobSpec, kind: str) -> int:
    if kind == "tensorflow":
        return (spec.distribution.workers or spec.instance_count) + _servers(spec)
    return _world(spec) if kind in ("pytorch", "mpi") else 1


def _world(spec: JobSpec) -> int:
    return spec.instance_count * max(1, spec.distribution.processes_per_instance)


def _servers(spec: JobSpec) -> int:
    return spec.distribution.parameter_servers


def _ranked(spec: JobSpec, rank: int, kind: str) -> dict[str, str]:
    each = max(1, spec.distribution.processes_per_instance)
    node, local = divmod(rank, each)
    found = {
        "RANK": rank,
        "LOCAL_RANK": local,
        "NODE_RANK": node,
        "WORLD_SIZE": _world(spec),
        "LOCAL_WORLD_SIZE": each,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": _PORT,
    }
    if kind == "mpi":
        found |= {
            "OMPI_COMM_WORLD_RANK": rank,
            "OMPI_COMM_WORLD_LOCAL_RANK": local,
            "OMPI_COMM_WORLD_SIZE": _world(spec),
            "OMPI_COMM_WORLD_LOCAL_SIZE": each,
        }
    return {name: str(value) for name, value in found.items()}


def _tensorflow(workers: int, servers: int) -> tuple[dict[str, str], ...]:
    cluster = {
        "worker": [f"127.0.0.1:{_PORT + i}" for i in range(workers)],
        "ps": [f"127.0.0.1:{_PORT + workers + i}" for i in range(servers)],
    }
    cluster = {role: members for role, members in cluster.items() if members}
    return tuple(
        {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": role, "index": index}})}
        for role, members in cluster.items()
        for index in range(len(members))
    )
