"""What workspaces point to: storage, machines and vaults that are there already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...catalog import attached_computes, names
from ...catalog.references import fault_of_id
from ...core.resource_type import NameRule
from ..layout.layers import layers
from ..layout.places import Workspace
from ..layout.pointers import PLACE, Pointers
from ..reading.source import Path, Source, suggest
from ..spec import BlobContainer, Compute, Datastore, Estate, FileShare, FileSystem, Settings

_STORAGE = "Microsoft.Storage/storageAccounts"
_VAULT = "Microsoft.KeyVault/vaults"
_BORN = (
    "workspaceblobstore",
    "workspaceartifactstore",
    "workspacefilestore",
    "workspaceworkingdirectory",
)
_OF_CLUSTERS = ("size", "max", "min", "idle")


def check(source: Source, path: Path, settings: Settings) -> None:
    """One layer by itself."""
    for name, store in settings.datastores.items():
        _datastore(source, (*path, "datastores", name), name, store)
    for name, compute in settings.computes.items():
        if compute.attached or compute.namespace is not None:
            _compute(source, (*path, "computes", name), name, compute)
    if vault := settings.key_vault:
        _reference(source, (*path, "keyVault"), vault, _VAULT, None)


def check_merged(estate: Estate, workspaces: list[Workspace], source: Source) -> None:
    """All layers together, and what they name of the estate itself."""
    pointers = Pointers(workspaces)
    seen: set[int] = set()
    for workspace in workspaces:
        settings = workspace.settings
        if id(settings) in seen:
            continue
        seen.add(id(settings))
        _vault(estate, source, workspace, pointers)
        for name, store in settings.datastores.items():
            path = said_at(estate, workspace, "datastores", name)
            if store.access != "none":
                _whole_datastore(source, path, name, store, pointers)
        for name, compute in settings.computes.items():
            _whole_compute(source, said_at(estate, workspace, "computes", name), name, compute)


def _datastore(source: Source, path: Path, name: str, store: Datastore) -> None:
    if name in _BORN:
        source.key_fault(path, f"`{name}` is there from a workspace's birth: choose another name")
    else:
        _name(source, path, names.DATASTORE, name, "a datastore", key=True)
    for key, one in store.sources.items():
        here = (*path, _KEYS.get(key, key))
        match one:
            case BlobContainer():
                _reference(source, (*here, "account"), one.account, _STORAGE, names.STORAGE)
                _name(source, (*here, "container"), names.CONTAINER, one.container, "a container")
            case FileSystem():
                _reference(source, (*here, "account"), one.account, _STORAGE, names.STORAGE)
                what = "a file system"
                _name(source, (*here, "filesystem"), names.CONTAINER, one.filesystem, what)
            case FileShare():
                _reference(source, (*here, "account"), one.account, _STORAGE, names.STORAGE)
                _name(source, (*here, "share"), names.CONTAINER, one.share, "a share")


_KEYS = {
    "adls_gen2": "adlsGen2",
    "adls_gen1": "adlsGen1",
    "one_lake": "oneLake",
    "virtual_machine": "virtualMachine",
}


def _compute(source: Source, path: Path, name: str, compute: Compute) -> None:
    if len(name) > attached_computes.LONGEST_NAME:
        said = f"`{name}` is {len(name)} characters long: an attached compute's name has at most 16"
        source.key_fault(path, said)
    for key, target in compute.attached.items():
        here = (*path, _KEYS.get(key, key))
        fault = attached_computes.fault_of_ray(target) if key == "ray" else _target(key, target)
        if target and fault:
            source.fault(here, fault)
    namespace = compute.namespace
    if namespace and (fault := attached_computes.fault_of_namespace(namespace)):
        source.fault((*path, "namespace"), fault)


def _target(key: str, id: str) -> str:
    kind = {"kubernetes": "Kubernetes", "virtual_machine": "VirtualMachine"}.get(key, "Databricks")
    return attached_computes.fault_of_target(kind, id)


def _whole_datastore(
    source: Source, path: Path, name: str, store: Datastore, pointers: Pointers
) -> None:
    if len(store.sources) != 1:
        said = [f"`{_KEYS.get(key, key)}`" for key in store.sources]
        kinds = "`blob`, `adlsGen2`, `file`, `oneLake` or `adlsGen1`"
        where = f"at {' and '.join(said)}" if said else "nowhere"
        source.key_fault(path, f"datastore `{name}` points {where}: write one of {kinds}")
        return
    ((key, _),) = store.sources.items()
    here = (*path, _KEYS.get(key, key), "account")
    account = store.account or ""
    if PLACE.fullmatch(account) and pointers.at(account) is None:
        source.fault(here, f"there is no workspace `{account}`{_instead(account, pointers)}")
    ours = pointers.storage(account) if account else None
    if ours is not None and store.live is not None:
        source.fault(
            (*path, "live"),
            f"`{account}` is of this estate: whether it is live, environment"
            f" `{ours.environment}` says",
        )


def _instead(place: str, pointers: Pointers) -> str:
    if shared := pointers.instead_of(place):
        return f"; `{place.partition('/')[0]}` works in `{shared}`"
    return suggest(place, pointers.places)


def _whole_compute(source: Source, path: Path, name: str, compute: Compute) -> None:
    if compute.max == 0:
        return
    pointed = [_KEYS.get(key, key) for key in compute.attached]
    if len(pointed) > 1:
        said = " and ".join(f"`{key}`" for key in pointed)
        source.key_fault(path, f"compute `{name}` is {said}: keep one of them")
    if pointed and (own := [key for key in _OF_CLUSTERS if getattr(compute, key) is not None]):
        said = ", ".join(f"`{key}`" for key in own)
        text = f"`{name}` is attached: {said} would be of a cluster; `max: 0` takes it away"
        source.key_fault(path, text)
    if compute.namespace is not None and pointed != ["kubernetes"]:
        source.fault((*path, "namespace"), "`namespace` is of `kubernetes` alone")


def _vault(estate: Estate, source: Source, workspace: Workspace, pointers: Pointers) -> None:
    vault, locked = workspace.settings.key_vault, workspace.settings.lock or ()
    if not vault:
        return
    said = list(layers(estate, workspace.solution.ladder, workspace.environment))
    path = [(*layer.path, "keyVault") for layer in said if layer.settings.key_vault][-1]
    if "keyvault" in locked:
        lock = [layer.path for layer in said if layer.settings.lock is not None][-1]
        text = "`keyVault` is none of its own to lock: leave `keyvault` out"
        source.fault((*lock, "lock", locked.index("keyvault")), text)
    if not PLACE.fullmatch(vault):
        return
    there = pointers.at(vault)
    if there is None:
        source.fault(path, f"there is no workspace `{vault}`{suggest(vault, pointers.places)}")
    elif there.settings.key_vault:
        source.fault(path, f"`{vault}` has no vault of its own: name the one that it uses")


def said_at(estate: Estate, workspace: Workspace, collection: str, name: str) -> Path:
    """The narrowest layer that names it."""
    said = layers(estate, workspace.solution.ladder, workspace.environment)
    found = [
        (*layer.path, collection, name) for layer in said if name in _of(layer.settings, collection)
    ]
    return found[-1]


def _of(settings: Settings, collection: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(settings, collection)
    return found


def _reference(source: Source, path: Path, text: str, type: str, rule: NameRule | None) -> None:
    """A place of the estate, an id, or where there is a rule for it, a name."""
    if not text or PLACE.fullmatch(text):
        return
    if text.startswith("/"):
        if fault := fault_of_id(text, type):
            source.fault(path, fault)
    elif rule is None:
        source.fault(path, f"`{text}` is no id: write one of type {type}, or SOLUTION/ENVIRONMENT")
    else:
        _name(source, path, rule, text, "a storage account")


def _name(
    source: Source, path: Path, rule: NameRule, name: str, what: str, key: bool = False
) -> None:
    if name and rule.check(name):
        tell = source.key_fault if key else source.fault
        tell(path, f"`{name}` cannot be {what}: {rule.hint}")
