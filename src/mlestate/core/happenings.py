"""What happens in an estate, as others are told of it: CloudEvents 1.0, under Event Grid's names
where Azure has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from .ids import ResourceId
from .resource import Resource
from .times import iso

# What was done to a resource, and by whom.
RESOURCES = "Microsoft.Resources."
WRITTEN = f"{RESOURCES}ResourceWriteSuccess"
WRITE_FAILED = f"{RESOURCES}ResourceWriteFailure"
DELETED = f"{RESOURCES}ResourceDeleteSuccess"
ACTED = f"{RESOURCES}ResourceActionSuccess"
MODEL_REGISTERED = "Microsoft.MachineLearningServices.ModelRegistered"
RUN_COMPLETED = "Microsoft.MachineLearningServices.RunCompleted"
RUN_CHANGED = "Microsoft.MachineLearningServices.RunStatusChanged"
PINGED = "Mlestate.Organization.WebhookTested"
ACCESS = "Mlestate.Access."
# By name, what it is told of.
EVENTS: Mapping[str, str] = {
    WRITTEN: "a resource was made or changed; of what takes time, once it is done",
    WRITE_FAILED: "a resource that takes time could not be made",
    DELETED: "a resource was deleted; what was in it is not told of by itself",
    ACTED: "an action was done on a resource, such as the start of a compute",
    MODEL_REGISTERED: "a version of a model was registered, by whichever client",
    RUN_COMPLETED: "a job was completed",
    RUN_CHANGED: "a job is in another state: `Running`, `Completed`, `Failed`, `Canceled`, …",
    f"{ACCESS}ApprovalAsked": "somebody waits for the approval of a role",
    f"{ACCESS}Activated": "a role for a time was activated",
    f"{ACCESS}Refused": "the activation of a role was refused",
    f"{ACCESS}Ended": "a role for a time is over",
    f"{ACCESS}GlassBroken": "somebody broke the glass",
    PINGED: "somebody tests the webhook",
}
_VERBS = {"write": WRITTEN, "delete": DELETED, "action": ACTED}
_JOBS = "microsoft.machinelearningservices/workspaces/jobs"
_VERSIONS = "microsoft.machinelearningservices/workspaces/models/versions"
# Of what is renewed every few seconds nobody wants to hear.
_QUIET = ("mlestate.organization/appliedfiles",)
_LARGEST = 32_000


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """`source` and `subject` are CloudEvents' words; `id` is what it is about."""

    type: str
    id: ResourceId
    source: str
    subject: str
    at: float
    data: dict[str, Any]


def done(action: str, id: ResourceId, at: float, by: Mapping[str, str]) -> Happening | None:
    """A write, a deletion or an action, by the ARM action that it took."""
    kind = _VERBS.get(action.rpartition("/")[2])
    if kind is None or id.type.lower() in _QUIET:
        return None
    return resource(kind, id, action, at, by)


def resource(type: str, id: ResourceId, action: str, at: float, by: Mapping[str, str]) -> Happening:
    """With the fields of Event Grid's `ResourceWriteSuccess` and its kin."""
    data: dict[str, Any] = {
        "resourceProvider": id.type.partition("/")[0],
        "resourceUri": str(id),
        "operationName": action,
        "status": "Failed" if type == WRITE_FAILED else "Succeeded",
        "subscriptionId": id.subscription,
        "claims": dict(by),
    }
    source = f"/subscriptions/{id.subscription}" if id.subscription else "/"
    return Happening(type=type, id=id, source=source, subject=str(id), at=at, data=data)


def changed(old: Resource | None, new: Resource, at: float) -> Iterator[Happening]:
    """What a change of a resource means beside being one."""
    kind = new.type.lower()
    if kind == _VERSIONS and old is None:
        yield _registered(new, at)
    if kind == _JOBS and old is not None:
        status = str(new.properties.get("status") or "")
        if status and status != old.properties.get("status"):
            yield _run(RUN_CHANGED, new, at, status)
            if status == "Completed":
                yield _run(RUN_COMPLETED, new, at, status)


def told(type: str, id: ResourceId, at: float, data: dict[str, Any]) -> Happening:
    """Anything else that is about a resource."""
    return Happening(type=type, id=id, source="/", subject=str(id), at=at, data=data)


def access(kind: str) -> str:
    """`access.approvalAsked` is told as `Mlestate.Access.ApprovalAsked`."""
    word = kind.rpartition(".")[2]
    return f"{ACCESS}{word[:1].upper()}{word[1:]}"


def cloud_event(id: str, one: Happening) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": id,
        "source": one.source,
        "type": one.type,
        "subject": one.subject,
        "time": iso(one.at),
        "datacontenttype": "application/json",
        "data": one.data,
    }


def _registered(version: Resource, at: float) -> Happening:
    model, said = version.id.parent, version.properties
    data = {
        "modelName": model.name,
        "modelVersion": version.name,
        "modelTags": said.get("tags") or {},
        "modelProperties": said.get("properties") or {},
    }
    return Happening(
        type=MODEL_REGISTERED,
        id=version.id,
        source=str(model.parent),
        subject=f"models/{model.name}:{version.name}",
        at=at,
        data=_bounded(data),
    )


def _run(type: str, job: Resource, at: float, status: str) -> Happening:
    said = job.properties
    experiment = str(said.get("experimentName") or "Default")
    data = {
        "experimentName": experiment,
        "runId": job.name,
        "runType": said.get("jobType"),
        "runTags": said.get("tags") or {},
        "runStatus": status,
        "errorCode": (said.get("error") or {}).get("code"),
    }
    return Happening(
        type=type,
        id=job.id,
        source=str(job.id.parent),
        subject=f"experiments/{experiment}/runs/{job.name}",
        at=at,
        data=_bounded({name: value for name, value in data.items() if value is not None}),
    )


def _bounded(data: dict[str, Any]) -> dict[str, Any]:
    """Receivers take no more than so much: what people wrote as long as they liked is left out."""
    if len(msgspec.json.encode(data)) <= _LARGEST:
        return data
    return {name: value for name, value in data.items() if not isinstance(value, dict)}
