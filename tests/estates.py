"""Estate files for tests, and an estate in memory that they can be applied to."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mlestate.catalog.applied_files import APPLIED_FILES, under_way
from mlestate.core.errors import NotFound, Stale
from mlestate.core.merge_patch import merge
from mlestate.core.resource import Resource, Stamp
from mlestate.core.times import iso
from mlestate.estate.load import load
from mlestate.estate.planning.record import COLLECTION, address
from mlestate.estate.spec import Estate
from tests.catalog.writing_by_hand import get, put

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


def another(id: str) -> str:
    """An estate of its own beside the small one, in the same subscription."""
    text = SMALL.replace("id: small", f"id: {id}", 1)
    for word in ("ana", "science", "bot", "claims", "fraud"):
        text = re.sub(rf"\b{word}\b", f"{id}-{word}", text)
    return text


class Memory:
    """Keeps what is put, and shows it as a server does: with fields of its own.

    `now` is its clock; `user` is who writes; `inside` says what is in a resource.
    """

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.puts: list[str] = []
        self.deletes: list[str] = []
        self.now, self.user = 1_790_000_000.0, "admin"
        self.inside: dict[str, dict[str, Any]] = {}
        self._records: dict[str, Resource] = {}
        self._lock = threading.Lock()

    def replace(self, id: str, body: Mapping[str, Any], etag: str = "") -> dict[str, Any]:
        """A record, with all that the catalog says of it."""
        with self._lock:
            old = self._records.get(id.lower())
            if etag != (old.etag if old else ""):
                raise Stale(f"`{id}` was changed by someone else")
            written = put(APPLIED_FILES, id, body, old, self.now)
            stamp = Stamp(self.user, "User", self.now)
            saved = msgspec.structs.replace(
                written, etag=f"{(int(old.etag) if old else 0) + 1}", modified=stamp
            )
            self._records[id.lower()] = saved
        return self._record(saved)

    def amend(self, id: str, body: Mapping[str, Any], etag: str) -> dict[str, Any]:
        old = self._records.get(id.lower())
        if old is None:
            raise NotFound(f"`{id}` is not there")
        return self.replace(id, merge(old.document, body), etag)

    def record(self, estate: str) -> dict[str, Any]:
        """The properties of an estate's record."""
        found: dict[str, Any] = self._record(self._records[address(estate).lower()])["properties"]
        return found

    def contents(self, id: str) -> dict[str, Any]:
        return self.inside.get(id.lower(), {})

    def _record(self, saved: Resource) -> dict[str, Any]:
        shown = get(APPLIED_FILES, saved)
        shown["properties"]["underWay"] = under_way(saved, self.now)
        shown["systemData"] |= {
            "lastModifiedBy": saved.modified.by,
            "lastModifiedAt": iso(saved.modified.at),
        }
        return shown

    def get(self, id: str) -> dict[str, Any] | None:
        if record := self._records.get(id.lower()):
            return self._record(record)
        found = self.documents.get(id.lower())
        return copy.deepcopy(found)

    def list(self, id: str) -> Iterator[dict[str, Any]]:
        below = id.lower() + "/"
        if id == COLLECTION:
            return (self._record(each) for each in self._records.values())
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
        """With all that stands in it."""
        self.deletes.append(id)
        below = [key for key in self.documents if key.startswith(id.lower() + "/")]
        for key in below:
            del self.documents[key]
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
