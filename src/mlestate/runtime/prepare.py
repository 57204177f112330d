"""From a job's document to what an agent runs. Pure over the control plane's ports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import msgspec

from ..core import durations
from ..core.errors import Invalid, NotFound, PlatformError
from . import curated
from .command import resolve
from .protocol import (
    FILES,
    FOLDERS,
    Distribution,
    EnvironmentSpec,
    Input,
    JobSpec,
    Limits,
    Output,
    Place,
    Workspace,
)

_ARTIFACTS = "azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.{job}"
_OUTPUT = "azureml://datastores/workspaceblobstore/paths/azureml/{job}/{name}/"
_NAME = re.compile(r"[A-Za-z_]\w*")
_DISTRIBUTIONS = ("PyTorch", "TensorFlow", "Mpi", "Ray")


class Size(msgspec.Struct, frozen=True):
    """What a job may use of the machine: bytes and cores; 0 is no limit."""

    memory: int = 0
    cpus: float = 0


class Ports(Protocol):
    """What the control plane knows and may. All raise PlatformError when it cannot be."""

    def place(self, workspace: Workspace, uri: str, write: bool) -> Place:
        """Where a URI leads, with a SAS for the job's principal: `azureml://datastores/…`, the long
        form, `https://…` of a blob.
        """
        ...

    def named(self, workspace: Workspace, field: str, reference: str) -> Place:
        """Where that leads, to be read, which a field of the job names (`codeId`, `inputs.x`): a
        URI, or data, a model or code by its ARM id, `azureml:name:version`, `name@latest`.
        """
        ...

    def environment(self, workspace: Workspace, reference: str) -> Mapping[str, Any] | None:
        """The `properties` of an environment version, or None where there is no such one."""
        ...

    def size(self, workspace: Workspace, properties: Mapping[str, Any]) -> Size:
        """By the compute's VM size, or `resources.instanceType`."""
        ...

    def token(self, job: str) -> str:
        """The job's own; valid while its lease lives."""
        ...

    def tracking_uri(self, workspace: Workspace) -> str: ...

    def experiment_id(self, workspace: Workspace, name: str) -> str: ...

    def hosts(self) -> tuple[str, ...]:
        """Names beside the tracking address under which the API answers."""
        ...


def prepare(id: str, properties: Mapping[str, Any], workspace: Workspace, ports: Ports) -> JobSpec:
    """`id` and `properties` are those of a job's resource. Raises Invalid with every fault."""
    check(properties)
    name = id.rpartition("/")[2]
    experiment = properties.get("experimentName") or "Default"
    code = properties.get("codeId")
    return JobSpec(
        id=id,
        name=name,
        workspace=workspace,
        command=properties["command"],
        environment=_environment(properties, workspace, ports),
        artifacts=ports.place(workspace, _ARTIFACTS.format(job=name), True),
        tracking_uri=ports.tracking_uri(workspace),
        token=ports.token(id),
        experiment_name=experiment,
        experiment_id=ports.experiment_id(workspace, experiment),
        run_id=name,
        code=ports.named(workspace, "codeId", code) if code else None,
        inputs=tuple(_inputs(properties, workspace, ports)),
        outputs=tuple(_outputs(name, properties, workspace, ports)),
        environment_variables=_variables(properties),
        distribution=_distribution(properties),
        instance_count=_instances(properties),
        limits=_limits(properties, ports.size(workspace, properties)),
        hosts=ports.hosts(),
    )


def check(properties: Mapping[str, Any]) -> None:
    """What can be said of a command job without asking anyone; all faults at once."""
    faults = tuple(_faults(properties))
    if faults:
        message = " ".join(str(fault) for fault in faults)
        raise Invalid(message, code="InvalidJob", details=faults)


def _faults(properties: Mapping[str, Any]) -> Iterator[PlatformError]:
    if not str(properties.get("command") or "").strip():
        yield _fault("command", "The job has no command.")
    if "\0" in str(properties.get("command")):
        yield _fault("command", "The command has a NUL, which no process can be given.")
    for kind in ("inputs", "outputs"):
        yield from _name_faults(kind, properties.get(kind) or {})
    for name, one in (properties.get("inputs") or {}).items():
        yield from _input_faults(name, one or {})
    yield from _variable_faults(properties)
    if _instances(properties) < 1:
        yield _fault("resources.instanceCount", "A job needs at least one instance.")
    kind = (properties.get("distribution") or {}).get("distributionType", "")
    if kind and kind not in _DISTRIBUTIONS:
        yield _fault(
            "distribution.distributionType", f"`{kind}` is none of {', '.join(_DISTRIBUTIONS)}."
        )
    yield from _raised(lambda: _timeout(properties))
    yield from _raised(lambda: _expressions(properties))


def _name_faults(kind: str, given: Mapping[str, Any]) -> Iterator[PlatformError]:
    for name in given:
        if not _NAME.fullmatch(name):
            yield _fault(f"{kind}.{name}", f"`{name}` is no name: use letters, digits and `_`.")


def _input_faults(name: str, one: Mapping[str, Any]) -> Iterator[PlatformError]:
    kind = one.get("jobInputType")
    if kind == "literal":
        return
    if kind not in FILES | FOLDERS:
        yield _fault(f"inputs.{name}.jobInputType", f"`{kind}` is no type of an input.")
    elif not one.get("uri"):
        yield _fault(f"inputs.{name}.uri", f"The input `{name}` has no `uri`.")


def _variable_faults(properties: Mapping[str, Any]) -> Iterator[PlatformError]:
    """What no process can be given."""
    for name, value in _variables(properties).items():
        if not name or "=" in name or "\0" in name + value:
            shown = name.replace("\0", "\\0")
            text = f"`{shown}` is no variable: its name is empty or has a `=`, or it has a NUL."
            yield _fault(f"environmentVariables.{shown}", text)


def _raised(action: Any) -> Iterator[PlatformError]:
    try:
        action()
    except PlatformError as fault:
        yield fault


def _expressions(properties: Mapping[str, Any]) -> None:
    inputs = dict.fromkeys(properties.get("inputs") or {}, "")
    outputs = dict.fromkeys(properties.get("outputs") or {}, "")
    resolve(str(properties.get("command") or ""), inputs, outputs)


def _fault(path: str, message: str) -> Invalid:
    return Invalid(message, target=f"properties.{path}")


def _environment(
    properties: Mapping[str, Any], workspace: Workspace, ports: Ports
) -> EnvironmentSpec:
    reference = properties.get("environmentId") or ""
    if not reference:
        return EnvironmentSpec()
    found = ports.environment(workspace, reference)
    if found is not None:
        build = (found.get("build") or {}).get("contextUri")
        image = found.get("image") or (f"built from {build}" if build else "")
        return EnvironmentSpec(image=image, conda_file=found.get("condaFile") or "")
    if curated.find(reference) is None:
        raise NotFound(
            f"There is no environment `{reference}`.",
            code="EnvironmentNotFound",
            target="properties.environmentId",
        )
    return EnvironmentSpec(name=reference)


def _inputs(properties: Mapping[str, Any], workspace: Workspace, ports: Ports) -> Iterator[Input]:
    for name, one in (properties.get("inputs") or {}).items():
        kind, mode = one["jobInputType"], one.get("mode") or "ReadOnlyMount"
        if kind == "literal":
            yield Input(name, value=str(one.get("value", "")))
            continue
        place = ports.named(workspace, f"inputs.{name}", one["uri"])
        yield Input(name, kind, place=place, mode=mode, uri=one["uri"])


def _outputs(
    job: str, properties: Mapping[str, Any], workspace: Workspace, ports: Ports
) -> Iterator[Output]:
    for name, one in (properties.get("outputs") or {}).items():
        # `default` is the run's artifacts, which every job has.
        if name == "default":
            continue
        one = one or {}
        uri = output_uri(job, name, one.get("uri") or "")
        kind, mode = one.get("jobOutputType") or "uri_folder", one.get("mode") or "ReadWriteMount"
        yield Output(name, ports.place(workspace, uri, True), kind, mode, uri)


def output_uri(job: str, name: str, given: str = "") -> str:
    """Where an output goes: as given, with Azure's two placeholders, or to its usual place."""
    uri = given or _OUTPUT.format(job=job, name=name)
    return uri.replace("${{name}}", job).replace("${{output_name}}", name)


def _variables(properties: Mapping[str, Any]) -> dict[str, str]:
    given = properties.get("environmentVariables") or {}
    return {name: str(value) for name, value in given.items()}


def _distribution(properties: Mapping[str, Any]) -> Distribution:
    given = properties.get("distribution") or {}
    return Distribution(
        given.get("distributionType") or "",
        int(given.get("processCountPerInstance") or 1),
        int(given.get("workerCount") or 0),
        int(given.get("parameterServerCount") or 0),
    )


def _instances(properties: Mapping[str, Any]) -> int:
    count = (properties.get("resources") or {}).get("instanceCount")
    return 1 if count is None else int(count)


def _limits(properties: Mapping[str, Any], size: Size) -> Limits:
    count = _instances(properties)
    return Limits(_timeout(properties), size.memory * count, size.cpus * count)


def _timeout(properties: Mapping[str, Any]) -> float:
    text = (properties.get("limits") or {}).get("timeout")
    return durations.parse(text, "properties.limits.timeout") if text else 0
