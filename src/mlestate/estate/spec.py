"""What an estate.yaml may say, as types. Nothing is inferred here; a key left out has a default."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import msgspec


class _Spec(msgspec.Struct, frozen=True, rename="camel"):
    """Keys are written in camelCase, as in Azure's own documents."""


class Azure(_Spec, frozen=True, kw_only=True):
    tenant: str
    subscriptions: dict[str, str]


class Regions(_Spec, frozen=True, kw_only=True):
    home: str
    allowed: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Where things may stand; saying nothing means the home region only."""
        return self.allowed or (self.home,)


class Naming(_Spec, frozen=True, kw_only=True):
    """Patterns; `{id}` is the project, team or division that the name is for."""

    resource_group: str = "rg-{id}-{env}"
    workspace: str = "mlw-{id}-{env}"
    resource: str = "{abbr}-{id}-{env}"
    global_: str = msgspec.field(default="{abbr}{id}{env}{hash5}", name="global")
    group: str = "sg-ml-{id}-{role}-{env}"


class Tags(_Spec, frozen=True, kw_only=True):
    require: tuple[str, ...] = ()
    inherit: bool = True
    values: dict[str, str] = {}


class Compute(_Spec, frozen=True, kw_only=True):
    """A cluster. It costs nothing while nobody uses it: its least number of nodes is 0."""

    size: str
    max: int
    min: int = 0
    idle: str = "120s"


class Environment(_Spec, frozen=True, kw_only=True):
    subscription: str
    storage_auth: Literal["identity"] | None = None
    container_registry: bool = False
    computes: dict[str, Compute] = {}


class CustomRole(_Spec, frozen=True, kw_only=True):
    description: str = ""
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


class Person(_Spec, frozen=True, kw_only=True):
    name: str
    groups: tuple[str, ...] = ()


class Group(_Spec, frozen=True, kw_only=True):
    name: str


class ServicePrincipal(_Spec, frozen=True, kw_only=True):
    name: str
    groups: tuple[str, ...] = ()


# Role of the file -> who holds it: groups, people, service principals, by their ids.
Members = dict[str, tuple[str, ...]]


class Project(_Spec, frozen=True, kw_only=True):
    members: Members = {}
    team: str | None = None
    owner: str | None = None
    region: str | None = None
    tags: dict[str, str] = {}


class Division(_Spec, frozen=True, kw_only=True):
    workspace_per: Literal["project", "team", "division"]
    environments: tuple[str, ...]
    costcenter: str
    owner: str
    region: str | None = None
    members: Members = {}
    tags: dict[str, str] = {}
    projects: dict[str, Project] = {}


class Estate(_Spec, frozen=True, kw_only=True, dict=True):
    schema: Literal[1]
    id: str
    azure: Azure
    regions: Regions
    naming: Naming = Naming()
    tags: Tags = Tags()
    environments: dict[str, Environment]
    # Role of the file -> environment -> the Azure roles it gives there.
    roles: dict[str, dict[str, tuple[str, ...]]]
    custom_roles: dict[str, CustomRole] = {}
    people: dict[str, Person] = {}
    groups: dict[str, Group] = {}
    service_principals: dict[str, ServicePrincipal] = {}
    # Who holds a role in whole subscriptions: those who look after the estate itself.
    members: Members = {}
    divisions: dict[str, Division]

    @cached_property
    def principals(self) -> dict[str, str]:
        """Every declared principal by id, with its kind as role assignments write it."""
        return (
            dict.fromkeys(self.people, "User")
            | dict.fromkeys(self.groups, "Group")
            | dict.fromkeys(self.service_principals, "ServicePrincipal")
        )


def gives(estate: Estate, role: str, environment: str) -> tuple[str, ...]:
    """The Azure roles that a role of the file gives in an environment; no entry, no access."""
    names = estate.roles.get(role, {}).get(environment, ())
    return tuple(name for name in names if name != "none")
