"""The organisation as a whole: its subscriptions, regions, names and tags."""

from __future__ import annotations

from typing import Annotated

import msgspec

from .shape import Spec, says


class Azure(Spec, frozen=True, kw_only=True):
    """The organisation's directory and subscriptions."""

    tenant: Annotated[str, says("The organisation's directory, such as contoso.example.")]
    subscriptions: Annotated[
        dict[str, str], says("Names for the subscriptions, each with its id (a GUID).")
    ]


class Regions(Spec, frozen=True, kw_only=True):
    """Where things stand."""

    home: Annotated[str, says("Where things stand that say nothing else.")]
    allowed: Annotated[
        tuple[str, ...], says("Where things may stand at all; left out, the home region only.")
    ] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.allowed or (self.home,)


class Record(Spec, frozen=True, kw_only=True):
    """The activity log: who did what, and who was refused."""

    keep: Annotated[str, says("How long an event is kept, in days: 90d, 400d.")] = "90d"


class Naming(Spec, frozen=True, kw_only=True):
    """Patterns; `{id}` is the project, team or division that the name is for."""

    resource_group: Annotated[str, says("Resource groups.")] = "rg-{id}-{env}"
    workspace: Annotated[str, says("Workspaces.")] = "mlw-{id}-{env}"
    resource: Annotated[str, says("What has a name within its group.")] = "{abbr}-{id}-{env}"
    global_: Annotated[
        str, says("What shares its name with the whole world: storage, vaults, registries.")
    ] = msgspec.field(default="{abbr}{id}{env}{hash5}", name="global")
    group: Annotated[str, says("The group of a role in an environment.")] = (
        "sg-ml-{id}-{role}-{env}"
    )


class Tags(Spec, frozen=True, kw_only=True):
    """Tags of resources: which must be there, and which all have."""

    require: Annotated[tuple[str, ...], says("Tags that every workspace must have.")] = ()
    inherit: Annotated[bool, says("What a resource group has, everything in it has.")] = True
    values: Annotated[dict[str, str], says("Tags of the whole estate.")] = {}
