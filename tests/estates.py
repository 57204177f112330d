"""Estate files for tests, and an estate in memory that they can be applied to."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mlestate.core.errors import NotFound
from mlestate.estate.load import load
from mlestate.estate.spec import Estate

CONTOSO = Path(__file__).parent.parent / "examples" / "contoso" / "estate.yaml"

SMALL = """\
schema: 1
id: small
azure:
  tenant: small.example
  subscriptions: {one: 11111111-1111-1111-1111-111111111111}
regions: {home: westeurope, allowed: [westeurope, eastus]}
tags: {require: [costcenter, owner]}
environments:
  dev:
    subscription: one
    computes: {cpu: {size: Standard_DS3_v2, max: 2}}
  prod: {subscription: one, storageAuth: identity, containerRegistry: true}
roles:
  scientist: {dev: AzureML Data Scientist, prod: none}
  engineer: {dev: Contributor, prod: [mlops, Storage Blob Data Reader]}
customRoles:
  mlops: {actions: [Microsoft.MachineLearningServices/workspaces/*/read]}
groups:
  science: {name: Science}
people:
  ana: {name: Ana, groups: [science]}
servicePrincipals:
  bot: {name: Bot}
divisions:
  claims:
    workspacePer: project
    environments: [dev, prod]
    costcenter: "55332"
    owner: science
    projects:
      fraud: {members: {scientist: science, engineer: bot}}
"""


def small(*changes: tuple[str, str]) -> Estate:
    """The small estate with some of its text replaced."""
    return load(broken(*changes))


def broken(*changes: tuple[str, str]) -> str:
    text = SMALL
    for old, new in changes:
        assert old in text, f"{old!r} is not in the small estate"
        text = text.replace(old, new, 1)
    return text


class Memory:
    """Keeps what is put, and shows it as a server does: with fields of its own."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.puts: list[str] = []
        self._lock = threading.Lock()

    def get(self, id: str) -> dict[str, Any] | None:
        found = self.documents.get(id.lower())
        return copy.deepcopy(found)

    def list(self, id: str) -> Iterator[dict[str, Any]]:
        below = id.lower() + "/"
        return (d for key, d in self.documents.items() if key.startswith(below))

    def put(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.puts.append(id)
            document = {**copy.deepcopy(dict(body)), "id": id, "systemData": {"createdBy": "x"}}
            if "properties" in document:
                document["properties"] = {
                    **document["properties"],
                    "provisioningState": "Succeeded",
                }
            self.documents[id.lower()] = document
        return document

    def delete(self, id: str) -> bool:
        return self.documents.pop(id.lower(), None) is not None


class Bulk(Memory):
    """One that can also give everything at once."""

    def __init__(self) -> None:
        super().__init__()
        self.gets: list[str] = []

    def get(self, id: str) -> dict[str, Any] | None:
        self.gets.append(id)
        return super().get(id)

    def snapshot(self, types: Iterable[str]) -> dict[str, dict[str, Any]]:
        assert list(types)
        return dict(self.documents)


class Strict(Memory):
    """Refuses what stands below, or refers to, something that is not there yet."""

    def put(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        parent = (
            id.lower().rpartition("/providers/")[0] or id.lower().rpartition("/resourcegroups")[0]
        )
        if parent and parent not in self.documents:
            raise NotFound(f"`{parent}` is not there", code="ParentResourceNotFound")
        for word in _ids(body):
            if word.lower() not in self.documents and "roleDefinitions" not in word:
                raise NotFound(f"`{word}` is not there", code="LinkedInvalidPropertyId")
        return super().put(id, body)


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("/"):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _ids(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _ids(each)
