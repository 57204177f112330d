"""What an estate.yaml may say, as types. Nothing is inferred here; a key left out has a default.

The descriptions are what editors show: the JSON Schema and the reference page are made from them.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Literal

import msgspec


def says(description: str) -> msgspec.Meta:
    return msgspec.Meta(description=description)


class _Spec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Keys are written in camelCase, as in Azure's own documents."""


class Azure(_Spec, frozen=True, kw_only=True):
    """The organisation's directory and subscriptions."""

    tenant: Annotated[str, says("The organisation's directory, such as contoso.example.")]
    subscriptions: Annotated[
        dict[str, str], says("Names for the subscriptions, each with its id (a GUID).")
    ]


class Regions(_Spec, frozen=True, kw_only=True):
    """Where things stand."""

    home: Annotated[str, says("Where things stand that say nothing else.")]
    allowed: Annotated[
        tuple[str, ...], says("Where things may stand at all; left out, the home region only.")
    ] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.allowed or (self.home,)


class Naming(_Spec, frozen=True, kw_only=True):
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


class Tags(_Spec, frozen=True, kw_only=True):
    """Tags of resources: which must be there, and which all have."""

    require: Annotated[tuple[str, ...], says("Tags that every workspace must have.")] = ()
    inherit: Annotated[bool, says("What a resource group has, everything in it has.")] = True
    values: Annotated[dict[str, str], says("Tags of the whole estate.")] = {}


class Compute(_Spec, frozen=True, kw_only=True):
    """A cluster, or a pointer to machines that are there already.

    A cluster costs nothing while nobody uses it: its least number of nodes is 0. Each of its keys
    may be said by another layer; in the end there must be `size` and `max`.
    """

    size: Annotated[str | None, says("The VM size, such as Standard_DS3_v2.")] = None
    max: Annotated[int | None, says("Nodes at most; 0 takes away what a wider layer gives.")] = None
    min: Annotated[int | None, says("Nodes that run even when idle; 0 unless said.")] = None
    idle: Annotated[str | None, says("How long an idle node stays: 90s, 15m, 2h.")] = None
    kubernetes: Annotated[
        str | None, says("Attached: the id of a cluster of AKS or Azure Arc.")
    ] = None
    namespace: Annotated[str | None, says("Of the Kubernetes cluster; `default` unless said.")] = (
        None
    )
    virtual_machine: Annotated[str | None, says("Attached: the id of a virtual machine.")] = None
    databricks: Annotated[str | None, says("Attached: the id of a Databricks workspace.")] = None
    ray: Annotated[str | None, says("Attached: a Ray cluster, as ray://HOST:PORT.")] = None

    @property
    def attached(self) -> dict[str, str]:
        """By their keys, the machines that it points to; none for a cluster."""
        keys = ("kubernetes", "virtual_machine", "databricks", "ray")
        return {key: value for key in keys if (value := getattr(self, key)) is not None}


class BlobContainer(_Spec, frozen=True, kw_only=True):
    account: Annotated[
        str, says("A storage account: its name, its id, or SOLUTION/ENVIRONMENT of this estate.")
    ]
    container: Annotated[str, says("The container in it.")]


class FileSystem(_Spec, frozen=True, kw_only=True):
    account: Annotated[str, says("A storage account, as for `blob`.")]
    filesystem: Annotated[str, says("The file system in it.")]


class FileShare(_Spec, frozen=True, kw_only=True):
    account: Annotated[str, says("A storage account, as for `blob`.")]
    share: Annotated[str, says("The share in it.")]


class OneLake(_Spec, frozen=True, kw_only=True):
    workspace: Annotated[str, says("The workspace in Fabric.")]
    lakehouse: Annotated[str, says("The lakehouse in it.")]


class AdlsGen1(_Spec, frozen=True, kw_only=True):
    store: Annotated[str, says("The name of the store.")]


class Datastore(_Spec, frozen=True, kw_only=True):
    """Storage that is there already, of one kind. Whoever reads it comes with an identity and a
    role on the data: there are no secrets in the file."""

    blob: Annotated[BlobContainer | None, says("A container of blobs.")] = None
    adls_gen2: Annotated[FileSystem | None, says("A file system of Data Lake Storage Gen2.")] = None
    file: Annotated[FileShare | None, says("A share of Azure Files.")] = None
    one_lake: Annotated[OneLake | None, says("A lakehouse of OneLake.")] = None
    adls_gen1: Annotated[AdlsGen1 | None, says("A store of Data Lake Storage Gen1.")] = None
    access: Annotated[
        Literal["read", "write", "none"] | None,
        says("`read` unless said; `none` takes away what a wider layer gives."),
    ] = None
    live: Annotated[
        bool | None, says("Storage of others: it holds live data. Ours follows its environment.")
    ] = None

    @property
    def sources(self) -> dict[str, BlobContainer | FileSystem | FileShare | OneLake | AdlsGen1]:
        """By their keys, what it points to; one, once all layers have spoken."""
        keys = ("blob", "adls_gen2", "file", "one_lake", "adls_gen1")
        return {key: value for key in keys if (value := getattr(self, key)) is not None}

    @property
    def account(self) -> str | None:
        """The storage account, as it is named; None for what is in none."""
        return next((getattr(one, "account", None) for one in self.sources.values()), None)


Locked = Literal["resourceGroup", "workspace", "storage", "keyvault", "insights", "registry"]


class Settings(_Spec, frozen=True, kw_only=True):
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
    tags: Annotated[dict[str, str], says("Tags in this environment, over all other tags.")] = {}


class Convention(_Spec, frozen=True, kw_only=True):
    """How one kind of thing is called that people make in workspaces, and which tags it has.

    Placeholders: `{project}`, `{division}`, `{team}`, `{environment}`, `{region}`, `{reg}` as the
    workspace has them, `{user}` for who makes it; `{words}`, `{date}`, `{n}`, `{nn}`, `{nnn}`.
    """

    name: Annotated[str, says("A pattern such as {project}-{words}; left out, any name.")] = ""
    display_name: Annotated[str, says("Of jobs: how they are shown. A pattern, too.")] = ""
    tags: Annotated[
        dict[str, tuple[str, ...]], says("Tags it must have: `any`, or a list of values.")
    ] = {}
    allowed_tags: Annotated[
        dict[str, tuple[str, ...]], says("Tags it may have; where said, there are no others.")
    ] = {}
    environments: Annotated[
        tuple[str, ...], says("Where the convention holds; left out, everywhere.")
    ] = ()
    otherwise: Annotated[
        Literal["refuse", "warn"], says("What becomes of anything else that is made.")
    ] = "refuse"


class Conventions(_Spec, frozen=True, kw_only=True):
    """By what people make. What is left out may be called anything."""

    experiments: Annotated[Convention | None, says("Experiments; they have no tags.")] = None
    jobs: Annotated[Convention | None, says("Jobs, and how MLflow's runs are shown.")] = None
    models: Annotated[Convention | None, says("Models, MLflow's registered models.")] = None
    data: Annotated[Convention | None, says("Data assets.")] = None
    components: Annotated[Convention | None, says("Components.")] = None
    environments: Annotated[Convention | None, says("Environment assets.")] = None
    datastores: Annotated[Convention | None, says("Datastores, whose names take no hyphen.")] = None
    computes: Annotated[Convention | None, says("Clusters, those of this file included.")] = None

    @property
    def said(self) -> dict[str, Convention]:
        kinds = {kind: getattr(self, kind) for kind in self.__struct_fields__}
        return {kind: convention for kind, convention in kinds.items() if convention is not None}


class CustomRole(_Spec, frozen=True, kw_only=True):
    """A role of the estate's own, beside Azure's built-in ones."""

    description: Annotated[str, says("What it is for.")] = ""
    actions: Annotated[tuple[str, ...], says("What it allows, wildcards included.")] = ()
    not_actions: Annotated[tuple[str, ...], says("What it leaves out of `actions`.")] = ()
    data_actions: Annotated[tuple[str, ...], says("What it allows on data, such as blobs.")] = ()
    not_data_actions: Annotated[tuple[str, ...], says("What it leaves out of `dataActions`.")] = ()


class Person(_Spec, frozen=True, kw_only=True):
    """Somebody, by an id."""

    name: Annotated[str, says("As shown to others.")]
    groups: Annotated[tuple[str, ...], says("Declared groups that the person is in.")] = ()


class Group(_Spec, frozen=True, kw_only=True):
    """Some people, by an id; they name it in `groups`."""

    name: Annotated[str, says("As shown to others.")]


class ServicePrincipal(_Spec, frozen=True, kw_only=True):
    """Automation, by an id."""

    name: Annotated[str, says("As shown to others.")]
    groups: Annotated[tuple[str, ...], says("Declared groups that it is in.")] = ()


# Role of the file -> who holds it: groups, people, service principals, by their ids.
Members = dict[str, tuple[str, ...]]
# Role of the file -> environment -> the Azure roles it gives there; `none` gives nothing.
Roles = dict[str, dict[str, tuple[str, ...]]]


class Tune(_Spec, frozen=True, kw_only=True):
    """A base model from one region, tuned in others on data that stays there."""

    base: Annotated[str, says("Where the base model is trained.")]
    in_: Annotated[tuple[str, ...], says("Where it is tuned, on data that stays there.")] = (
        msgspec.field(name="in")
    )


class RegionPattern(_Spec, frozen=True, kw_only=True):
    """More regions than one, and what each is for."""

    train: Annotated[
        tuple[str, ...], says("A workspace in each, in every environment: jobs run beside data.")
    ] = ()
    serve: Annotated[
        tuple[str, ...], says("In the last environment, a workspace for endpoints in each.")
    ] = ()
    tune: Annotated[
        Tune | None, says("A base model from one region, tuned in others on their data.")
    ] = None


class Level(_Spec, frozen=True, kw_only=True):
    """What divisions, teams and projects may say alike; the narrower one wins."""

    owner: Annotated[str | None, says("Who answers for it: a declared person or group.")] = None
    costcenter: Annotated[str | None, says("Who pays.")] = None
    environments: Annotated[tuple[str, ...], says("Its environments, in the estate's order.")] = ()
    region: Annotated[str | None, says("Its region; of several, the one of plain names.")] = None
    regions: Annotated[
        RegionPattern | None, says("Training, serving or tuning in several regions.")
    ] = None
    tags: Annotated[dict[str, str], says("Tags of all its resources.")] = {}
    members: Annotated[
        Members, says("Who holds which role: groups, people, service principals.")
    ] = {}
    roles: Annotated[
        Roles, says("What roles give here, where that differs: role, environment, Azure roles.")
    ] = {}
    overrides: Annotated[
        dict[str, Settings], says("By environment, what differs here from the environment.")
    ] = {}


class Guest(_Spec, frozen=True, kw_only=True):
    """Somebody from outside: one person, or a group where there are `people`."""

    name: Annotated[str, says("As shown to others.")]
    people: Annotated[dict[str, str], says("Who is in the group: ids, each with a name.")] = {}
    sponsor: Annotated[str, says("A declared person, who answers for them.")]
    until: Annotated[date, says("The last day, such as 2027-03-31; it ends at midnight UTC.")]
    role: Annotated[str, says("The role that they hold in the project.")]
    environments: Annotated[tuple[str, ...], says("The project's environments they may enter.")]


class Project(Level, frozen=True, kw_only=True):
    """A funded solution."""

    team: Annotated[str | None, says("The team it belongs to.")] = None
    guests: Annotated[
        dict[str, Guest], says("People from outside, in this project and nowhere else.")
    ] = {}


class Team(Level, frozen=True, kw_only=True):
    """Some people of a division, who share projects or a workspace."""


class Division(Level, frozen=True, kw_only=True):
    """A part of the organisation, which picks its own pattern."""

    workspace_per: Annotated[
        Literal["project", "team", "division"], says("What gets workspaces of its own.")
    ]
    environments: Annotated[tuple[str, ...], says("Its environments, in the estate's order.")]
    costcenter: Annotated[str, says("Who pays.")]
    owner: Annotated[str, says("Who answers for it: a declared person or group.")]
    serve: Annotated[
        tuple[str, ...], says("Environments that only serve: nothing is trained there.")
    ] = ()
    teams: Annotated[dict[str, Team], says("Its teams, by id.")] = {}
    projects: Annotated[dict[str, Project], says("Its projects, by id.")] = {}


class Estate(_Spec, frozen=True, kw_only=True, dict=True):
    """An estate of machine-learning environments."""

    schema: Annotated[Literal[1], says("The version of this file's shape.")]
    id: Annotated[str, says("Permanent: every drawn id of the estate comes from it.")]
    include: Annotated[
        tuple[str, ...], says("More files, as patterns such as teams/*.yaml; keys are merged.")
    ] = ()
    azure: Annotated[Azure, says("The organisation's directory and subscriptions.")]
    regions: Annotated[Regions, says("Where things stand.")]
    naming: Annotated[Naming, says("Patterns of names.")] = Naming()
    tags: Annotated[Tags, says("Tags of resources.")] = Tags()
    defaults: Annotated[Settings, says("What every environment has unless it says else.")] = (
        Settings()
    )
    environments: Annotated[dict[str, Settings], says("In the order in which things are promoted.")]
    roles: Annotated[Roles, says("Role, environment, Azure roles; no entry, no access.")]
    custom_roles: Annotated[dict[str, CustomRole], says("Roles of the estate's own, by name.")] = {}
    conventions: Annotated[
        Conventions, says("For what people make in workspaces: how it is called, how tagged.")
    ] = Conventions()
    people: Annotated[dict[str, Person], says("People, by id.")] = {}
    groups: Annotated[dict[str, Group], says("Groups of people, by id.")] = {}
    service_principals: Annotated[dict[str, ServicePrincipal], says("Automation, by id.")] = {}
    members: Annotated[
        Members, says("Who holds a role in whole subscriptions: those who look after the estate.")
    ] = {}
    divisions: Annotated[dict[str, Division], says("The parts of the organisation, by id.")]

    @cached_property
    def guests(self) -> dict[str, str]:
        """Every guest by id, those in groups and these groups, with its kind."""
        found: dict[str, str] = {}
        for division in self.divisions.values():
            for project in division.projects.values():
                for id, guest in project.guests.items():
                    found[id] = "Group" if guest.people else "User"
                    found |= dict.fromkeys(guest.people, "User")
        return found

    @cached_property
    def principals(self) -> dict[str, str]:
        """Every declared principal of the house by id, with its kind as role assignments write
        it."""
        return (
            dict.fromkeys(self.people, "User")
            | dict.fromkeys(self.groups, "Group")
            | dict.fromkeys(self.service_principals, "ServicePrincipal")
        )
