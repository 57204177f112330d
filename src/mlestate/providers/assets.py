"""Versions of assets: each new one is the latest of its container, and sets the next number."""

from __future__ import annotations

from ..core.lifecycle import Lifecycle, Work
from ..core.resource import Resource


class Versions(Lifecycle):
    """`kind` is a type of versions, such as `…/workspaces/models/versions`."""

    def __init__(self, kind: str):
        self.kind = kind

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        container = work.find(resource.id.parent)
        if old is not None or container is None:
            return
        following = max(_number(container), _after(resource.name))
        work.save(
            container.with_properties(latestVersion=resource.name, nextVersion=str(following))
        )


def _number(container: Resource) -> int:
    text = str(container.properties.get("nextVersion") or "1")
    return int(text) if text.isdecimal() else 1


def _after(version: str) -> int:
    return int(version) + 1 if version.isdecimal() and len(version) < 16 else 1
