"""Where data lies, in the ways that clients write it.

azureml://datastores/{datastore}/paths/{path}
azureml://subscriptions/{s}/resourcegroups/{g}/workspaces/{w}/datastores/{datastore}/paths/{path}
azureml://jobs/{job}/outputs/{output}/paths/{path}
https://{account}.blob.{suffix}/{container}/{path}
https://{host}/_blob/{account}.blob.{suffix}/{container}/{path}
wasbs://{container}@{account}.blob.{suffix}/{path}
"""

from __future__ import annotations

import re
from urllib.parse import unquote

import msgspec

from .errors import Invalid
from .ids import ResourceId, parse

_SHORT = re.compile(r"azureml://datastores/(?P<store>[^/]+)(?:/paths/(?P<path>.*))?")
_LONG = re.compile(
    r"azureml://subscriptions/(?P<s>[^/]+)/resourcegroups/(?P<g>[^/]+)"
    r"(?:/providers/Microsoft\.MachineLearningServices)?/workspaces/(?P<w>[^/]+)"
    r"/datastores/(?P<store>[^/]+)(?:/paths/(?P<path>.*))?",
    re.I,
)
_JOB = re.compile(
    r"azureml://jobs/(?P<job>[^/]+)/outputs/(?P<output>[^/]+)(?:/paths)?(?:/(?P<path>.*))?"
)
_BLOB = re.compile(
    r"https?://(?:[^/]+/_blob/)?(?P<account>[a-z0-9]{3,24})\.blob\.[^/]+"
    r"/(?P<container>[^/?]+)(?:/(?P<path>[^?]*))?(?:\?.*)?"
)
_WASBS = re.compile(
    r"wasbs?://(?P<container>[^@/]+)@(?P<account>[a-z0-9]{3,24})\.blob\.[^/]+(?:/(?P<path>.*))?"
)


class OnDatastore(msgspec.Struct, frozen=True):
    datastore: ResourceId
    path: str


class InContainer(msgspec.Struct, frozen=True):
    account: str
    container: str
    path: str


class OnJob(msgspec.Struct, frozen=True):
    """What a job left; `artifacts` is the output that every job and run has."""

    job: str
    output: str
    path: str


def read_job(uri: str) -> OnJob | None:
    """None where the address is not that of a job's output."""
    found = _JOB.fullmatch(uri)
    return OnJob(found["job"], found["output"], found["path"] or "") if found else None


def read(uri: str, workspace: ResourceId) -> OnDatastore | InContainer:
    """`workspace` is the one in which a short form is meant. Raises Invalid for other schemes."""
    if found := _SHORT.fullmatch(uri):
        return _on(workspace, found["store"], found["path"])
    if found := _LONG.fullmatch(uri):
        there = parse(
            f"/subscriptions/{found['s']}/resourceGroups/{found['g']}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{found['w']}"
        )
        return _on(there, found["store"], found["path"])
    if found := _BLOB.fullmatch(uri) or _WASBS.fullmatch(uri):
        return InContainer(found["account"], found["container"], unquote(found["path"] or ""))
    raise no_place(uri)


def no_place(uri: str, target: str = "") -> Invalid:
    return Invalid(
        f"`{uri[:200]}` is no place of data: write azureml://datastores/NAME/paths/PATH",
        code="InvalidDataUri",
        target=target,
    )


def write(place: OnDatastore) -> str:
    """The long form, as the SDK writes and reads it."""
    workspace = place.datastore.parent
    return (
        f"azureml://subscriptions/{workspace.subscription}/resourcegroups/{workspace.group}"
        f"/workspaces/{workspace.name}/datastores/{place.datastore.name}/paths/{place.path}"
    )


def _on(workspace: ResourceId, store: str, path: str | None) -> OnDatastore:
    return OnDatastore(workspace.child("datastores", store), (path or "").lstrip("/"))
