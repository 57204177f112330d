"""A job runs what it named when it was submitted: each version is written down with the job.

A version that is deleted and made again under its number is another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ...catalog.references import WORKSPACE, ShortAsset, short_asset
from ...core import data_uri, ids
from ...core.errors import Conflict, NotFound
from ...core.ids import ResourceId
from ...core.lifecycle import Work
from ...core.resource import Resource
from ...core.times import iso
from ...runtime import curated
from ...store.resources import Query, Resources
from .ports import Places
from .references import ADDRESSES, at

FIELD = "pinned"
ENVIRONMENT, CODE, COMPONENT = "environmentId", "codeId", "componentId"
_DATA, _MODELS, _CODES = "data", "models", "codes"
_WORDS = {
    _DATA: "data asset",
    _MODELS: "model",
    _CODES: "code",
    "components": "component",
    "environments": "environment",
}
_LABELS = ("latest", "azureml_default")
_ADDRESS = {_DATA: "dataUri", _MODELS: "modelUri", _CODES: "codeUri"}


class _Reference(msgspec.Struct, frozen=True):
    """`collections` are where it may mean something, the likeliest first."""

    field: str
    text: str
    collections: tuple[str, ...]

    @property
    def target(self) -> str:
        own = f"$.properties.{self.field}"
        return own if self.field in (ENVIRONMENT, CODE, COMPONENT) else f"{own}.uri"


def input_field(name: str) -> str:
    return f"inputs.{name}"


def pins(work: Work, job: Resource, places: Places) -> dict[str, dict[str, str]]:
    """By field, the version that is named there. Raises NotFound where there is none, Invalid for
    an input that is no place of data either, and what `places` says of one that cannot be read.
    """
    found = {}
    for reference in _references(job.properties):
        with at(reference.target):
            version = _version(work, job.id.parent, reference)
            if version is None:
                _need_otherwise(reference)
                continue
            if address := address_of(version):
                places.find(work.caller, address, home_of(version), False)
        made = iso(version.created.at)
        found[reference.field] = {"id": str(version.id), "createdAt": made}
    return found


def address_of(version: Resource) -> str:
    """Where data, a model or code lies, as it is written in `home_of` it; empty for others."""
    field = _ADDRESS.get(version.id.parent.type.rpartition("/")[2].lower(), "")
    return str(version.properties.get(field) or "")


def home_of(version: Resource) -> ResourceId:
    """The workspace in which a short address is meant: another, maybe, than that of the job."""
    return version.id.parent.parent


def pinned_id(job: Resource, field: str) -> ResourceId | None:
    """None where the field names no version: it is an address, or curated."""
    pin = _pin(job, field)
    return ids.parse(pin["id"]) if pin else None


def held(job: Resource, field: str, version: Resource | None) -> Resource:
    """What is there now under the pinned id, if it is the one that was named."""
    pin = _pin(job, field)
    if version is None:
        raise NotFound(
            f"`{pin.get('id')}`, which the job names, was deleted before the job ran",
            code="LinkedResourceGone",
            target=f"properties.{field}",
        )
    if iso(version.created.at) != pin.get("createdAt"):
        raise Conflict(
            f"`{version.id}`, which the job names, was deleted and made again before the job ran: "
            "submit the job again if it is to run with the new one",
            code="LinkedResourceReplaced",
            target=f"properties.{field}",
        )
    return version


def _pin(job: Resource, field: str) -> Mapping[str, str]:
    return (job.properties.get(FIELD) or {}).get(field) or {}


def _references(said: Mapping[str, Any]) -> Iterator[_Reference]:
    yield _Reference(ENVIRONMENT, str(said.get(ENVIRONMENT) or ""), ("environments",))
    if said.get(CODE):
        yield _Reference(CODE, str(said[CODE]), (_CODES,))
    if said.get(COMPONENT):
        yield _Reference(COMPONENT, str(said[COMPONENT]), ("components",))
    for name, one in (said.get("inputs") or {}).items():
        uri = str((one or {}).get("uri") or "")
        # Where it leads is looked into with the places of outputs.
        if not uri or uri.startswith(ADDRESSES):
            continue
        model = str(one.get("jobInputType")).endswith("_model")
        likeliest = (_MODELS, _DATA) if model else (_DATA, _MODELS)
        yield _Reference(input_field(name), uri, (*likeliest, _CODES))


def _need_otherwise(reference: _Reference) -> None:
    """What names no version may still mean something; raises where it does not."""
    text, kind = reference.text, reference.collections[0]
    if reference.field == ENVIRONMENT and curated.find(text) is not None:
        return
    short = short_asset(text)
    if short is None and reference.field.startswith("inputs."):
        raise data_uri.no_place(text)
    if short and short.label and short.label not in _LABELS:
        raise NotFound(
            f"`{short.label}` is no label that is known here: write `{short.name}@latest`, or a "
            "version",
            code="LinkedResourceNotFound",
        )
    raise NotFound(
        f"there is no {_WORDS[kind]} {_shown(short, text)}: make it first",
        code="LinkedResourceNotFound",
    )


def _shown(short: ShortAsset | None, text: str) -> str:
    if short is None:
        return f"`{text[:200]}`"
    return f"`{short.name}` version `{short.version}`" if short.version else f"`{short.name}`"


def _version(work: Work, workspace: ResourceId, reference: _Reference) -> Resource | None:
    """By its ARM id, `azureml:name:version` or `name@latest`; one that the submitter may read, or
    Forbidden, whether or not it is there.
    """
    text = reference.text
    text = text.removeprefix("azureml:") if text.startswith("azureml:/") else text
    if text.lower().startswith("/subscriptions/"):
        id = ids.parse(text)
        kinds = [f"{WORKSPACE}/{each}/versions".lower() for each in reference.collections]
        return _readable(work, id) if id.type.lower() in kinds else None
    short = short_asset(text)
    if short is None:
        return None
    found = (_named(work, each, short) for each in _containers(work, workspace, reference, short))
    return next((one for one in found if one is not None), None)


def _containers(
    work: Work, workspace: ResourceId, reference: _Reference, short: ShortAsset
) -> Iterator[ResourceId]:
    """The likeliest, and of the others those that the submitter may read from."""
    for collection in reference.collections:
        container = workspace.child(collection, short.name)
        action = f"{container.type}/versions/read"
        likeliest = collection == reference.collections[0]
        if likeliest or work.caller.rights.allows(action, str(container)):
            yield container


def _named(work: Work, container: ResourceId, short: ShortAsset) -> Resource | None:
    if short.label:
        return _newest(work, container, short.label)
    return _readable(work, container.child("versions", short.version))


def _readable(work: Work, version: ResourceId) -> Resource | None:
    work.caller.need(f"{version.type}/read", str(version))
    return work.find(version)


def _newest(work: Work, container: ResourceId, label: str) -> Resource | None:
    kind = f"{container.type}/versions"
    work.caller.need(f"{kind}/read", str(container))
    if label not in _LABELS:
        return None
    newest = Query(type=kind, under=container.key, newest_first=True, limit=1)
    return next(iter(Resources(work.connection).list(newest)), None)
