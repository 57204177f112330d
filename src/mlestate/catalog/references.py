"""How one resource names another: full ids, and the short forms that clients write."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..core import ids
from ..core.errors import PlatformError
from ..core.ids import ResourceId
from ..core.validate import Fault

ML = "Microsoft.MachineLearningServices"
WORKSPACE = f"{ML}/workspaces"
_SHORT = re.compile(r"(?:azureml:)?(?P<name>[A-Za-z0-9][\w.-]*):(?P<version>[A-Za-z0-9][\w.-]*)")
_LABEL = re.compile(r"(?:azureml:)?(?P<name>[A-Za-z0-9][\w.-]*)@(?P<label>[A-Za-z0-9][\w.-]*)")
_LONG = re.compile(
    r"azureml://subscriptions/[^/]+/resourcegroups/[^/]+(?:/providers/[^/]+)?/workspaces/[^/]+/",
    re.I,
)
_REGISTRY = re.compile(r"azureml://registries/(?P<name>[^/]+)/")
_NO_COMPUTE = ("", "serverless")
_KINDS = {
    "storageAccount": "Microsoft.Storage/storageAccounts",
    "keyVault": "Microsoft.KeyVault/vaults",
    "applicationInsights": "Microsoft.Insights/components",
    "containerRegistry": "Microsoft.ContainerRegistry/registries",
}


def workspace_of(id: ResourceId) -> str:
    """The id of the workspace that a resource lies in; empty when it lies in none."""
    found = id.at(WORKSPACE)
    return str(found) if found else ""


def fault_of_id(text: str, type: str) -> str:
    """Why the text is not the id of a resource of that type; empty when it is."""
    try:
        found = ids.parse(text)
    except PlatformError:
        return f"`{text[:200]}` is not the id of a resource: one of type `{type}` is wanted"
    if found.type.lower() != type.lower():
        return f"`{text[:200]}` is a `{found.type}`: one of type `{type}` is wanted"
    return ""


def associated_faults(properties: dict[str, str | None]) -> list[Fault]:
    """Faults of a workspace's references to its storage, vault, insights and images."""
    named = ((field, properties.get(field) or "") for field in _KINDS)
    wrong = ((field, fault_of_id(text, _KINDS[field])) for field, text in named if text)
    return [(f"$.properties.{field}", text) for field, text in wrong if text]


def compute_id(text: str, workspace: str) -> str:
    """`cpu`, `azureml:cpu` or an id, as the full id of a compute of the workspace.

    Empty where none is named, and the platform chooses machines.
    """
    if text.lower() in _NO_COMPUTE:
        return ""
    if text.startswith("/"):
        return text
    return f"{workspace}/computes/{text.removeprefix('azureml:')}"


def asset_id(text: str, collection: str, workspace: str) -> str:
    """`name:1`, `azureml:name:1` as a full id; ids and labels stay as they are.

    A label (`name@latest`) means what it means at the time, so whoever knows the versions pins it.
    """
    text = text.removeprefix("azureml:") if text.startswith("azureml:/subscriptions/") else text
    short = _SHORT.fullmatch(text)
    if short is None:
        return text
    return f"{workspace}/{collection}/{short['name']}/versions/{short['version']}"


class ShortAsset(NamedTuple):
    """An asset of the workspace by its name, with a version or a label."""

    name: str
    version: str = ""
    label: str = ""


def short_asset(text: str) -> ShortAsset | None:
    """None where the text is no short form."""
    if found := _SHORT.fullmatch(text):
        return ShortAsset(found["name"], version=found["version"])
    if found := _LABEL.fullmatch(text):
        return ShortAsset(found["name"], label=found["label"])
    return None


def names_asset(text: str, collection: str) -> bool:
    """Whether the text is any of the forms in which an asset of the collection can be named."""
    if _SHORT.fullmatch(text) or _LABEL.fullmatch(text):
        return True
    if text.startswith("azureml://registries/"):
        return re.fullmatch(rf"azureml://registries/[^/]+/{collection}/.+", text) is not None
    text = text.removeprefix("azureml:")
    return not fault_of_id(text, f"{WORKSPACE}/{collection}/versions") or not fault_of_id(
        text, f"{ML}/registries/{collection}/versions"
    )


def registry_of(text: str) -> str:
    """The registry by whose address an asset is named; empty where it is by none."""
    found = _REGISTRY.match(text)
    return found["name"] if found else ""


def short_uri(uri: str) -> str:
    """A datastore path without the workspace and the last slash, so that its forms are one."""
    return _LONG.sub("azureml://", uri).rstrip("/")
