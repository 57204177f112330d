"""Jobs: commands that run once, on data, in an environment, on machines.

The kinds that are made of commands (sweep, pipeline, AutoML, Spark) are refused, not ignored.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from ..core import durations
from ..core.errors import Invalid
from ..core.ids import ResourceId
from ..core.resource import Change, Resource, View
from ..core.resource_type import Action, Filter, ResourceType
from ..core.validate import Fault
from ..core.words import Word
from . import job_expressions, names, vm_skus
from .assets import LIST_VIEW, Texts
from .job_data import Input, Output
from .references import (
    WORKSPACE,
    asset_id,
    compute_id,
    fault_of_id,
    names_asset,
    registry_of,
    workspace_of,
)
from .writing import carried, changed, filled, refuse, refuse_changes, without_nulls

Named = dict[str, dict[str, Any]]
DEFAULT_EXPERIMENT = "Default"
OUTPUT_STORE = "workspaceblobstore"
# Of a job's own `properties`, those that the platform says of it: how it went, what it took.
FACTS = "mlestate."
_OURS = ("Studio", "Tracking")
# The properties that name another resource, with the collection that it is in.
_NAMING = {
    "codeId": "codes",
    "componentId": "components",
    "computeId": "computes",
    "environmentId": "environments",
}
# What the SDK reads of an output or a service and does not send again.
_LOST_OF_OUTPUTS = ("pathOnCompute",)
_LOST_OF_SERVICES = ("jobServiceType",)
# What the platform alone says of a service.
_SAID_OF_SERVICES = ("errorMessage", "status")
_SETTLED = (
    "jobType",
    "codeId",
    "command",
    "componentId",
    "computeId",
    "distribution",
    "environmentId",
    "environmentVariables",
    "experimentName",
    "identity",
    "inputs",
    "limits",
    "outputs",
    "queueSettings",
    "resources",
    "services",
)
# The fields that name an asset, and what to write where it is none.
_ASSETS = {
    "environmentId": ("environment", "write `azureml:name:version`"),
    "codeId": ("code version", "upload the code first"),
    "componentId": ("component", "write `azureml:name:version`"),
}


class Distribution(Struct, frozen=True, rename="camel", tag_field="distributionType"):
    """How the processes of a job with many of them find each other."""


Count = Annotated[int, Meta(ge=1)]


class PyTorch(Distribution, frozen=True, tag="PyTorch"):
    process_count_per_instance: Count | None = None


class Mpi(Distribution, frozen=True, tag="Mpi"):
    process_count_per_instance: Count | None = None


class TensorFlow(Distribution, frozen=True, tag="TensorFlow"):
    parameter_server_count: Annotated[int, Meta(ge=0)] | None = None
    worker_count: Count | None = None


class Ray(Distribution, frozen=True, tag="Ray"):
    address: str | None = None
    dashboard_port: int | None = None
    head_node_additional_args: str | None = None
    include_dashboard: bool | None = None
    port: int | None = None
    worker_node_additional_args: str | None = None


class Resources(Struct, frozen=True, rename="camel"):
    docker_args: str | None = None
    docker_args_list: list[str] | None = None
    instance_count: Count | None = None
    instance_type: str | None = None
    locations: list[str] | None = None
    max_instance_count: Count | None = None
    properties: dict[str, Any] | None = None
    shm_size: Annotated[str, Meta(pattern=r"^\d+[bkmgBKMG]?$")] | None = None


class Limits(Struct, frozen=True, tag_field="jobLimitsType", tag="Command"):
    timeout: str | None = None


class Identity(Struct, frozen=True, rename="camel", tag_field="identityType"):
    """As whom the job reads and writes."""


class AmlToken(Identity, frozen=True, tag="AMLToken"):
    """As the workspace lets it."""


class UserIdentity(Identity, frozen=True, tag="UserIdentity"):
    """As the one who submits it."""


class Managed(Identity, frozen=True, tag="Managed"):
    client_id: str | None = None
    object_id: str | None = None
    resource_id: str | None = None


class Tier(Word):
    NULL = "Null"
    SPOT = "Spot"
    BASIC = "Basic"
    STANDARD = "Standard"
    PREMIUM = "Premium"


class QueueSettings(Struct, frozen=True, rename="camel"):
    job_tier: Tier | None = None
    priority: int | None = None


class Service(Struct, frozen=True, rename="camel"):
    endpoint: str | None = None
    job_service_type: str | None = None
    port: int | None = None
    properties: Texts | None = None


class CommandJob(
    Struct, frozen=True, kw_only=True, rename="camel", tag_field="jobType", tag="Command"
):
    command: Annotated[str, Meta(min_length=1)]
    environment_id: Annotated[str, Meta(min_length=1)]
    code_id: str | None = None
    component_id: str | None = None
    compute_id: str | None = None
    description: str | None = None
    display_name: str | None = None
    distribution: PyTorch | Mpi | TensorFlow | Ray | None = None
    environment_variables: Texts | None = None
    experiment_name: str | None = None
    identity: AmlToken | UserIdentity | Managed | None = None
    inputs: dict[str, Input] | None = None
    is_archived: bool | None = None
    limits: Limits | None = None
    notification_setting: dict[str, Any] | None = None
    outputs: dict[str, Output] | None = None
    properties: Texts | None = None
    queue_settings: QueueSettings | None = None
    resources: Resources | None = None
    services: dict[str, Service] | None = None
    tags: Texts | None = None


def _check(change: Change) -> None:
    typed: CommandJob = change.typed
    workspace = workspace_of(change.id)
    found = [
        *job_expressions.name_faults("inputs", typed.inputs or {}),
        *job_expressions.name_faults("outputs", typed.outputs or {}),
        *job_expressions.faults(typed.command, typed.inputs or {}, typed.outputs or {}),
        *_asset_faults(typed),
        *_compute_faults(typed, workspace),
        *_place_faults(typed),
        *_timeout_faults(typed.limits),
    ]
    refuse(found)
    moved = changed(change, _SETTLED, lambda f, value: _normal(f, value, change.id))
    refuse_changes(moved, "submit a new job; its description, tags and archiving may change")


def _asset_faults(typed: CommandJob) -> list[Fault]:
    given = {
        "environmentId": typed.environment_id,
        "codeId": typed.code_id,
        "componentId": typed.component_id,
    }
    faults = ((field, _asset_fault(field, text)) for field, text in given.items() if text)
    return [(f"$.properties.{field}", text) for field, text in faults if text]


def _asset_fault(field: str, text: str) -> str:
    word, advice = _ASSETS[field]
    if not names_asset(text, _NAMING[field]):
        return f"`{text[:200]}` names no {word}; {advice}"
    registry = registry_of(text).lower()
    if registry and (registry, field) != ("azureml", "environmentId"):
        return (
            f"`{text[:200]}` is of the registry `{registry[:80]}`: nothing is known here of "
            "registries but the curated environments of `azureml`"
        )
    return ""


def _compute_faults(typed: CommandJob, workspace: str) -> list[Fault]:
    wanted = compute_id(typed.compute_id or "", workspace)
    if not wanted:
        return []
    text = fault_of_id(wanted, f"{WORKSPACE}/computes")
    if not text and not wanted.lower().startswith(f"{workspace.lower()}/"):
        text = f"`{wanted[:200]}` is a compute of another workspace"
    return [("$.properties.computeId", text)] if text else []


def _place_faults(typed: CommandJob) -> list[Fault]:
    if typed.resources is None:
        return []
    found: list[Fault] = []
    size = typed.resources.instance_type
    alone = not compute_id(typed.compute_id or "", "")
    if size and alone and vm_skus.find(size) is None:
        text = f"`{size[:80]}` is not a known VM size"
        found.append(("$.properties.resources.instanceType", text))
    # The client asks so for a package to run itself, from a service that is not here.
    if "IsLocal" in (typed.resources.properties or {}):
        text = "runs on the client's own machine are not supported: name a compute"
        found.append(("$.properties.resources.properties.IsLocal", text))
    return found


def _timeout_faults(limits: Limits | None) -> list[Fault]:
    if limits is None or limits.timeout is None:
        return []
    try:
        durations.parse(limits.timeout)
    except Invalid as error:
        return [("$.properties.limits.timeout", str(error))]
    return []


def _normal(field: str, value: Any, id: ResourceId) -> Any:
    """A form in which what a client reads and writes back is the same as what it first wrote."""
    if field == "outputs":
        return without_nulls(_less(_placed(value or {}, id), _LOST_OF_OUTPUTS)) or None
    if field == "services":
        services = _less(_own(value or {}), _LOST_OF_SERVICES)
        return {name: without_nulls(one) for name, one in services.items()}
    if field == "experimentName":
        return value or DEFAULT_EXPERIMENT
    if field in _NAMING:
        return _expanded(field, value or "", workspace_of(id)).lower()
    return without_nulls(value) or None


def _less(named: Named, fields: tuple[str, ...]) -> Named:
    return {
        name: {key: value for key, value in one.items() if key not in fields}
        for name, one in named.items()
    }


def _expanded(field: str, value: str, workspace: str) -> str:
    if field == "computeId":
        return compute_id(value, workspace)
    return asset_id(value, _NAMING[field], workspace)


def _complete(change: Change) -> dict[str, Any]:
    sent, workspace = change.properties, workspace_of(change.id)
    defaults = filled(
        sent,
        displayName=change.id.name,
        environmentVariables={},
        experimentName=DEFAULT_EXPERIMENT,
        inputs={},
        isArchived=False,
        tags={},
    )
    # Neither changes once it is set, and what the SDK does not send again of them stays.
    settled = carried(
        change,
        outputs=_placed(sent.get("outputs") or {}, change.id),
        services=_own(sent.get("services") or {}),
    )
    return {
        **defaults,
        **{f: _expanded(f, sent[f], workspace) or None for f in _NAMING if sent.get(f)},
        **carried(change, status="NotStarted", parentJobName=None),
        **settled,
        "properties": _with_facts(change),
    }


def _with_facts(change: Change) -> dict[str, Any]:
    """The client's own, and what the platform said: nobody else says it, or takes it away."""
    old = (change.old.properties.get("properties") or {}) if change.old else {}
    own = change.properties.get("properties") or {}
    return {
        **{name: text for name, text in own.items() if not name.startswith(FACTS)},
        **{name: text for name, text in old.items() if name.startswith(FACTS)},
    }


def _own(services: Named) -> Named:
    own = {name: one for name, one in services.items() if name not in _OURS}
    return _less(own, _SAID_OF_SERVICES)


def _placed(outputs: Named, id: ResourceId) -> Named:
    """Each output with the path that it is written to: its own, else one below the job's name."""
    return {name: {**output, "uri": _uri(name, output, id)} for name, output in outputs.items()}


def _uri(name: str, output: dict[str, Any], id: ResourceId) -> str:
    if given := output.get("uri"):
        uri = str(given).replace("${{name}}", id.name)
        return uri.replace("${{default_datastore}}", OUTPUT_STORE)
    end = "" if output.get("jobOutputType") == "uri_file" else "/"
    return f"azureml://datastores/{OUTPUT_STORE}/paths/azureml/{id.name}/{name}{end}"


def _render(resource: Resource, view: View) -> dict[str, Any]:
    """Clients need both services; they follow the reader's address, so they are not kept."""
    workspace = workspace_of(resource.id)
    tracking = f"azureml://{view.authority}/mlflow/v1.0{workspace}?"
    studio = f"{view.origin}/runs/{resource.name}?wsid={workspace}"
    return {
        "services": {
            **(resource.properties.get("services") or {}),
            "Tracking": {"jobServiceType": "Tracking", "endpoint": tracking},
            "Studio": {"jobServiceType": "Studio", "endpoint": studio},
        }
    }


JOBS = ResourceType(
    name=f"{WORKSPACE}/jobs",
    doc="A command that runs once, on data, in an environment, on machines.",
    properties=CommandJob,
    name_rule=names.JOB,
    stateful=False,
    slow=frozenset({"create", "delete"}),
    actions=(Action(name="cancel", slow=True),),
    filters={
        "jobtype": Filter(("jobType",)),
        "listviewtype": LIST_VIEW,
        "parentjobname": Filter(("parentJobName",)),
        "properties": Filter(("properties",), match="has"),
        "tag": Filter(("tags",), match="has"),
    },
    read_only=(
        "endTime",
        "error",
        "parameters",
        "parentJobName",
        "pinned",
        "startTime",
        "status",
    ),
    check=_check,
    complete=_complete,
    render=_render,
)
