"""What a write makes anew, held to the estate's conventions. What is there goes on as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from ..core.conventions import KINDS, New, made_by_itself, place_of
from ..core.ids import ResourceId
from ..core.name_pattern import Place
from ..core.resource import Resource
from ..core.resource_type import ResourceType
from .conventions import WARNED, Conventions
from .work import Work

_WORKSPACE = "Microsoft.MachineLearningServices/workspaces"
_DATA = ("uri_file", "uri_folder", "mltable")
_WORDS = {f"{_WORKSPACE}/{word}".lower(): word for word in KINDS}


class Experiments(Protocol):
    def has_experiment(self, region: str, workspace: str, name: str) -> bool:
        """`workspace` is its GUID."""


class NoExperiments:
    def has_experiment(self, region: str, workspace: str, name: str) -> bool:
        return False


class Creations:
    def __init__(self, conventions: Conventions, experiments: Experiments):
        self.conventions, self.experiments = conventions, experiments

    def admit(self, work: Work, kind: ResourceType, id: ResourceId, body: Any) -> tuple[str, ...]:
        """What to warn whoever makes this; called where `id` is not there yet. Raises Invalid."""
        if not isinstance(body, dict):
            return ()
        warnings = self.conventions.admit(self._held(work, kind, id, body))
        if warnings:
            work.record(WARNED, id)
        return warnings

    def _held(
        self, work: Work, kind: ResourceType, id: ResourceId, body: dict[str, Any]
    ) -> Iterator[tuple[New, Place]]:
        """What there is a convention for, and is not there yet."""
        for new in self._new(work, kind, id, body):
            if self.conventions.of(new.of) is None:
                continue
            workspace = work.find(id.at(_WORKSPACE) or id)
            if workspace is not None and not self._there(work, workspace, new):
                who = work.caller.name
                yield new, place_of(workspace.tags, workspace.location, who, work.at)

    def _new(
        self, work: Work, kind: ResourceType, id: ResourceId, body: dict[str, Any]
    ) -> Iterator[New]:
        name = kind.name.lower()
        if name == f"{_WORKSPACE}/jobs".lower():
            yield from _of_job(id, body)
        elif word := _WORDS.get(name):
            versioned = f"{name}/versions" in work.plane.catalog
            yield _thing(word, id.name, None if versioned else _tags(body))
        elif kind.makes_parent and (word := _WORDS.get(name.removesuffix("/versions"))):
            yield self._version(work, word, id.parent, body)

    def _version(self, work: Work, word: str, container: ResourceId, body: dict[str, Any]) -> New:
        """A version's tags are asked for, those of its container being its own, too; its name only
        where it is the first. A name that is older than its convention has versions as ever."""
        found, held = work.resources.load(container.key), self.conventions.of(word)
        if found is None:
            return _thing(word, container.name, _tags(body))
        if held is None or found.created.at <= held.since or made_by_itself(word, container.name):
            return New(of=word)
        return New(of=word, tags={**_tags(found.document), **_tags(body)})

    def _there(self, work: Work, workspace: Resource, new: New) -> bool:
        """Whether a name that a job says is one of the workspace's already."""
        if new.of == "experiments":
            guid = str(workspace.properties.get("workspaceId"))
            return self.experiments.has_experiment(work.region, guid, new.name)
        if new.tags is None and new.name:
            return work.resources.load(workspace.id.child(new.of, new.name).key) is not None
        return False


def _of_job(id: ResourceId, body: dict[str, Any]) -> Iterator[New]:
    """The job itself, its experiment, and the assets that its outputs will be."""
    said = _properties(body)
    shown = _text(said.get("displayName"))
    job = _thing("jobs", id.name, _tags(body))
    yield New(
        of="jobs",
        name=job.name,
        display_name="" if shown == id.name else shown,
        tags=job.tags,
    )
    yield _thing("experiments", _text(said.get("experimentName")), None)
    outputs = said.get("outputs")
    for output in outputs.values() if isinstance(outputs, dict) else ():
        if isinstance(output, dict) and output.get("assetName"):
            word = "data" if output.get("jobOutputType") in _DATA else "models"
            yield _thing(word, _text(output["assetName"]), None)


def _thing(word: str, name: str, tags: dict[str, Any] | None) -> New:
    """What has drawn its own name is nobody's to name; of a job all else is its maker's."""
    if not made_by_itself(word, name):
        return New(of=word, name=name, tags=tags)
    return New(of=word, tags=tags if word == "jobs" else None)


def _tags(document: dict[str, Any]) -> dict[str, Any]:
    """Of a resource, or of what a body says: some types have tags beside their properties."""
    found: dict[str, Any] = {}
    for tags in (document.get("tags"), _properties(document).get("tags")):
        if isinstance(tags, dict):
            found |= {key: _text(value) for key, value in tags.items()}
    return found


def _properties(document: dict[str, Any]) -> dict[str, Any]:
    said = document.get("properties")
    return said if isinstance(said, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
