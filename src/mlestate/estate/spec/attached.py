"""Clusters, and pointers to machines and storage that are there already."""

from __future__ import annotations

from typing import Annotated, Literal

from .shape import Spec, says


class Compute(Spec, frozen=True, kw_only=True):
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


class BlobContainer(Spec, frozen=True, kw_only=True):
    account: Annotated[
        str, says("A storage account: its name, its id, or SOLUTION/ENVIRONMENT of this estate.")
    ]
    container: Annotated[str, says("The container in it.")]


class FileSystem(Spec, frozen=True, kw_only=True):
    account: Annotated[str, says("A storage account, as for `blob`.")]
    filesystem: Annotated[str, says("The file system in it.")]


class FileShare(Spec, frozen=True, kw_only=True):
    account: Annotated[str, says("A storage account, as for `blob`.")]
    share: Annotated[str, says("The share in it.")]


class OneLake(Spec, frozen=True, kw_only=True):
    workspace: Annotated[str, says("The workspace in Fabric.")]
    lakehouse: Annotated[str, says("The lakehouse in it.")]


class AdlsGen1(Spec, frozen=True, kw_only=True):
    store: Annotated[str, says("The name of the store.")]


class Datastore(Spec, frozen=True, kw_only=True):
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
