"""What workspaces are like, in layers."""

from __future__ import annotations

from typing import Annotated, Literal

from .attached import Compute, Datastore
from .people import BreakGlass
from .shape import Spec, says

Locked = Literal["resourceGroup", "workspace", "storage", "keyvault", "insights", "registry"]


class Settings(Spec, frozen=True, kw_only=True):
    """What the workspaces of an environment are like.

    Said in layers, the narrower one first: overrides of a project, of its team, of its division,
    the environment, the defaults. Mappings are merged key by key, lists and values replaced.
    """

    subscription: Annotated[str | None, says("The subscription, by its name in `azure`.")] = None
    storage_auth: Annotated[
        Literal["identity", "key"] | None,
        says("`identity`: no account key opens the storage; `key` unless said."),
    ] = None
    container_registry: Annotated[
        bool | None, says("Each workspace has a container registry of its own.")
    ] = None
    live: Annotated[
        tuple[str, ...] | None,
        says("Roles that may read live data, which is here then: by identity, and read-only."),
    ] = None
    key_vault: Annotated[
        str | None,
        says("An existing key vault instead of one of its own: an id, or SOLUTION/ENVIRONMENT."),
    ] = None
    computes: Annotated[
        dict[str, Compute], says("Clusters and attached computes, by name, in each workspace.")
    ] = {}
    datastores: Annotated[
        dict[str, Datastore], says("Storage that each workspace points to, by name.")
    ] = {}
    lock: Annotated[
        tuple[Locked, ...] | None, says("What is kept from being deleted, until the lock is gone.")
    ] = None
    break_glass: Annotated[
        BreakGlass | None, says("Who may take a strong role at once in an emergency.")
    ] = None
    tags: Annotated[dict[str, str], says("Tags in this environment, over all other tags.")] = {}
