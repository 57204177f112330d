"""Attached computes: pointers to machines that are there already. They are none of the estate's:
attaching makes nothing, detaching ends nothing, and no job runs on them yet.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from ..core import ids
from ..core.errors import PlatformError
from ..core.validate import Fault

# Azure's rule for the names of all computes but clusters and instances.
LONGEST_NAME = 16
_INNER = "$.properties.properties"
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")

# What each kind's `resourceId` may be the id of.
TARGETS = {
    "Kubernetes": (
        "Microsoft.ContainerService/managedClusters",
        "Microsoft.Kubernetes/connectedClusters",
    ),
    "VirtualMachine": ("Microsoft.Compute/virtualMachines",),
    "Databricks": ("Microsoft.Databricks/workspaces",),
}
# What a client may send below `properties.properties` and never reads back.
SECRETS = (
    "properties.administratorAccount.password",
    "properties.administratorAccount.privateKeyData",
    "properties.databricksAccessToken",
)


class InstanceResources(Struct, frozen=True):
    limits: dict[str, str | None] | None = None
    requests: dict[str, str | None] | None = None


class InstanceType(Struct, frozen=True, rename="camel"):
    node_selector: dict[str, str | None] | None = None
    resources: InstanceResources | None = None


class KubernetesProperties(Struct, frozen=True, rename="camel"):
    default_instance_type: str | None = None
    extension_instance_release_train: str | None = None
    extension_principal_id: str | None = None
    instance_types: dict[str, InstanceType] | None = None
    namespace: str | None = None
    vc_name: str | None = None


class SshAccount(Struct, frozen=True, rename="camel"):
    username: str | None = None
    password: str | None = None
    public_key_data: str | None = None
    private_key_data: str | None = None


class MachineProperties(Struct, frozen=True, rename="camel"):
    address: str | None = None
    administrator_account: SshAccount | None = None
    is_notebook_instance_compute: bool | None = None
    notebook_server_port: int | None = None
    ssh_port: int | None = None
    virtual_machine_size: str | None = None


class DatabricksProperties(Struct, frozen=True, rename="camel"):
    databricks_access_token: str | None = None
    workspace_url: str | None = None


class RayProperties(Struct, frozen=True):
    address: str


class Attached(Struct, frozen=True, kw_only=True, rename="camel", tag_field="computeType"):
    compute_location: str | None = None
    description: str | None = None
    disable_local_auth: bool | None = None
    resource_id: str | None = None


class Kubernetes(Attached, frozen=True, kw_only=True, tag="Kubernetes"):
    """A cluster of AKS, or one that Azure Arc connects."""

    properties: KubernetesProperties | None = None


class VirtualMachine(Attached, frozen=True, kw_only=True, tag="VirtualMachine"):
    properties: MachineProperties | None = None


class Databricks(Attached, frozen=True, kw_only=True, tag="Databricks"):
    properties: DatabricksProperties | None = None


class Ray(Attached, frozen=True, kw_only=True, tag="Ray"):
    """Azure has no word for it: the type is ours, and clients show it as one they do not know."""

    properties: RayProperties


def is_attached(properties: dict[str, Any]) -> bool:
    return str(properties.get("computeType")) in (*TARGETS, "Ray")


def faults(name: str, typed: Attached) -> list[Fault]:
    found: list[Fault] = []
    if len(name) > LONGEST_NAME:
        text = f"`{name}` has {len(name)} characters: an attached compute's name has at most 16"
        found.append(("name", text))
    if isinstance(typed, Ray):
        return [*found, *_address_faults(typed.properties.address)]
    if isinstance(typed, Kubernetes) and typed.properties and typed.properties.namespace:
        found += _namespace_faults(typed.properties.namespace)
    return [*found, *_target_faults(type(typed).__name__, typed.resource_id)]


def fault_of_target(kind: str, id: str) -> str:
    """Why the text is no id of what an attached compute of that kind points at; empty if it is."""
    wanted = TARGETS[kind]
    meant = " or ".join(f"`{one}`" for one in wanted)
    try:
        type = ids.parse(id).type
    except PlatformError:
        return f"`{id[:200]}` is not the id of a resource: one of type {meant} is wanted"
    if type.lower() in (one.lower() for one in wanted):
        return ""
    return f"`{id[:200]}` is a `{type}`: one of type {meant} is wanted"


def fault_of_ray(address: str) -> str:
    """Why the text is not where a Ray cluster takes clients (`ray://`) or jobs (`https://`)."""
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError:
        return _no_ray(address)
    if url.scheme not in ("ray", "http", "https") or not url.hostname:
        return _no_ray(address)
    if url.username or url.password:
        return "an address has no secrets in it: leave out what stands before the `@`"
    return "" if port or url.scheme != "ray" else _no_ray(address)


def fault_of_namespace(namespace: str) -> str:
    if _NAMESPACE.fullmatch(namespace):
        return ""
    rule = "small letters, digits and inner hyphens, at most 63"
    return f"`{namespace[:80]}` is no namespace: {rule}"


def _no_ray(address: str) -> str:
    return f"`{address[:200]}` is no address of a Ray cluster: write ray://HOST:PORT"


def _address_faults(address: str) -> list[Fault]:
    text = fault_of_ray(address)
    return [(f"{_INNER}.address", text)] if text else []


def _namespace_faults(namespace: str) -> list[Fault]:
    text = fault_of_namespace(namespace)
    return [(f"{_INNER}.namespace", text)] if text else []


def _target_faults(kind: str, id: str | None) -> list[Fault]:
    if not id:
        meant = " or ".join(f"`{one}`" for one in TARGETS[kind])
        return [("$.properties.resourceId", f"is missing: attaching needs the id of a {meant}")]
    text = fault_of_target(kind, id)
    return [("$.properties.resourceId", text)] if text else []
