"""Computes: the machines of a workspace. Those of a cluster are made here; attached ones are
pointers to what is there already.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from ..core import durations
from ..core.errors import Invalid
from ..core.resource import Change, Resource, View
from ..core.resource_type import Action, ResourceType
from ..core.times import iso
from ..core.validate import Fault
from ..core.words import Word
from . import attached_computes, names, vm_skus
from .attached_computes import Attached, Databricks, Kubernetes, Ray, VirtualMachine, is_attached
from .references import WORKSPACE
from .writing import refuse, refuse_changes

_INNER = "$.properties.properties"
# What the machines are at the moment: written by the provider, kept over a client's write.
MACHINE_STATE = (
    "allocationState",
    "allocationStateTransitionTime",
    "currentNodeCount",
    "errors",
    "nodeStateCounts",
    "targetNodeCount",
)
_NO_NODES = {
    f"{state}NodeCount": 0
    for state in ("idle", "running", "preparing", "unusable", "leaving", "preempted")
}
_AT_REST = {
    "allocationState": "Steady",
    "currentNodeCount": 0,
    "targetNodeCount": 0,
    "nodeStateCounts": _NO_NODES,
}


class Priority(Word):
    DEDICATED = "Dedicated"
    LOW = "LowPriority"


class Os(Word):
    LINUX = "Linux"
    WINDOWS = "Windows"


class RemoteLogin(Word):
    ENABLED = "Enabled"
    DISABLED = "Disabled"
    NOT_SPECIFIED = "NotSpecified"


class ScaleSettings(Struct, frozen=True, rename="camel"):
    max_node_count: Annotated[int, Meta(ge=0, le=65000)]
    min_node_count: Annotated[int, Meta(ge=0, le=65000)] | None = None
    node_idle_time_before_scale_down: str | None = None


class Subnet(Struct, frozen=True):
    id: str | None = None


class Account(Struct, frozen=True, rename="camel"):
    admin_user_name: str
    admin_user_ssh_public_key: str | None = None
    admin_user_password: str | None = None


class Machines(Struct, frozen=True, rename="camel"):
    vm_size: str
    vm_priority: Priority | None = None
    os_type: Os | None = None
    scale_settings: ScaleSettings | None = None
    subnet: Subnet | None = None
    enable_node_public_ip: bool | None = None
    isolated_network: bool | None = None
    remote_login_port_public_access: RemoteLogin | None = None
    user_account_credentials: Account | None = None


class Cluster(Struct, frozen=True, rename="camel", tag_field="computeType", tag="AmlCompute"):
    properties: Machines
    description: str | None = None
    compute_location: str | None = None
    disable_local_auth: bool | None = None


def _check(change: Change) -> None:
    if isinstance(change.typed, Attached):
        refuse(attached_computes.faults(change.id.name, change.typed))
        refuse_changes(_pointed_elsewhere(change), "detach it and attach another compute")
        return
    machines = change.typed.properties
    found = _size_faults(machines.vm_size) + _scale_faults(machines.scale_settings)
    if machines.os_type == Os.WINDOWS:
        found.append((f"{_INNER}.osType", "machines run Linux here"))
    refuse(found)
    refuse_changes(_moved(change), "make another compute")


def _size_faults(size: str) -> list[Fault]:
    if vm_skus.find(size):
        return []
    some = ", ".join(sku.name for sku in vm_skus.all_skus()[:4])
    return [(f"{_INNER}.vmSize", f"`{size[:80]}` is not a known VM size, as {some}, … are")]


def _scale_faults(scale: ScaleSettings | None) -> list[Fault]:
    if scale is None:
        return []
    found: list[Fault] = []
    place = f"{_INNER}.scaleSettings"
    least, most = scale.min_node_count or 0, scale.max_node_count
    if least > most:
        text = f"{least} nodes at least are more than {most} at most"
        found.append((f"{place}.minNodeCount", text))
    if scale.node_idle_time_before_scale_down is not None:
        try:
            durations.parse(scale.node_idle_time_before_scale_down)
        except Invalid as error:
            found.append((f"{place}.nodeIdleTimeBeforeScaleDown", str(error)))
    return found


def _pointed_elsewhere(change: Change) -> list[str]:
    """What makes another compute of an attached one."""
    if change.old is None:
        return []
    before, after = change.old.properties, change.properties
    found = [] if _word(before, "resourceId") == _word(after, "resourceId") else ["resourceId"]
    old, new = before.get("properties") or {}, after.get("properties") or {}
    fields = ("address", "namespace", "workspaceUrl")
    return [*found, *(f"properties.{f}" for f in fields if _word(old, f) != _word(new, f))]


def _moved(change: Change) -> list[str]:
    """What makes other machines of it."""
    if change.old is None:
        return []
    before = _with_defaults(change.old.properties.get("properties") or {})
    after = _with_defaults(change.properties.get("properties") or {})
    fields = ("vmSize", "vmPriority", "osType")
    return [f"properties.{f}" for f in fields if _word(before, f) != _word(after, f)]


def _word(inner: dict[str, Any], field: str) -> str:
    return str(inner.get(field)).lower()


def _with_defaults(inner: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in inner.items() if value is not None}
    scale = {
        "minNodeCount": 0,
        "maxNodeCount": 1,
        "nodeIdleTimeBeforeScaleDown": "PT120S",
        **{k: v for k, v in (given.get("scaleSettings") or {}).items() if v is not None},
    }
    return {"vmPriority": "Dedicated", "osType": "Linux", **given, "scaleSettings": scale}


def _complete(change: Change) -> dict[str, Any]:
    if is_attached(change.properties):
        # Clients read below it without looking whether it is there.
        return {"properties": change.properties.get("properties") or {}}
    sent = change.properties.get("properties") or {}
    old = (change.old.properties.get("properties") or {}) if change.old else {}
    own = {key: value for key, value in sent.items() if key not in MACHINE_STATE}
    kept = {key: old[key] for key in MACHINE_STATE if key in old}
    return {"properties": {**_with_defaults(own), **kept}}


def _render(resource: Resource, view: View) -> dict[str, Any]:
    attached = is_attached(resource.properties)
    inner = resource.properties.get("properties") or {}
    return {
        "computeLocation": resource.properties.get("computeLocation") or resource.location or None,
        "createdOn": iso(resource.created.at),
        "modifiedOn": iso(resource.modified.at),
        "isAttachedCompute": attached,
        "provisioningErrors": resource.properties.get("provisioningErrors"),
        "properties": inner if attached else {**_AT_REST, **inner},
    }


COMPUTES = ResourceType(
    name=f"{WORKSPACE}/computes",
    doc="A cluster of machines that grows with its jobs, or a pointer to machines elsewhere.",
    properties=Cluster | Kubernetes | VirtualMachine | Databricks | Ray,
    name_rule=names.CLUSTER,
    slow=frozenset({"create", "delete"}),
    actions=(Action(name="listNodes"),),
    read_only=(
        "createdOn",
        "isAttachedCompute",
        "modifiedOn",
        "provisioningErrors",
        "provisioningState",
    ),
    fixed=("computeType",),
    secrets=("properties.userAccountCredentials.adminUserPassword", *attached_computes.SECRETS),
    patchable=("properties",),
    check=_check,
    complete=_complete,
    render=_render,
)
