"""Writers that go as fast as they can until the server dies under them, and what they then know.

Each keeps what was acknowledged, and what was under way when the end came: that may be there whole,
or not at all.
"""

from __future__ import annotations

import base64
import http.client
import random
import threading
import uuid
from abc import ABC, abstractmethod
from typing import Any
from urllib.parse import quote

from tests.e2e.raw import GROUP, MLFLOW, WORKSPACE, Answer, Raw
from tests.running import Running

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
BLOBS = {"x-ms-version": "2023-11-03"}


class Writer(ABC, threading.Thread):
    """`prepare` is called while all is well; `write` then with 0, 1, 2, …; later `check`."""

    def __init__(self, estate: Running, seed: int):
        super().__init__(daemon=True)
        self.estate, self.random = estate, random.Random(seed)
        self.raw = Raw(estate)
        self.word = f"{self.random.getrandbits(40):010x}"
        self.done = 0  # so many were acknowledged
        self.refused: list[Answer] = []
        self.prepare()

    def run(self) -> None:
        while True:
            try:
                answer = self.write(self.done)
            except (OSError, http.client.HTTPException):
                return
            if not answer.good:
                self.refused.append(answer)
                return
            self.done += 1

    def again(self) -> None:
        """After the restart: all is as it was said to be, and the writer can go on."""
        self.raw.close()
        self.raw = Raw(self.estate)
        assert self.refused == [], (type(self).__name__, self.refused)
        self.check()
        answer = self.write(self.done)  # what was cut off is not in its own way
        assert answer.good, (type(self).__name__, answer)

    def prepare(self) -> None:
        """Nothing, where nothing is needed."""

    @abstractmethod
    def write(self, index: int) -> Answer:
        """The last of its answers. The same again must be harmless."""

    @abstractmethod
    def check(self) -> None:
        """The first `done` are there; the next is there whole, or not at all."""


class Assets(Writer):
    """Versions of a data asset; the first makes its container."""

    def write(self, index: int) -> Answer:
        return self.raw.ask("PUT", self._path(index), self._body(index))

    def check(self) -> None:
        self.check_recorded()
        for index in range(self.done + 1):
            found = self.raw.ask("GET", self._path(index))
            if index == self.done and found.status == 404:
                return
            assert found.good, (index, self.done, found)
            assert found.json()["properties"]["description"] == self._said(index)

    def check_recorded(self) -> None:
        """What was acknowledged is in the activity log."""
        place = "/providers/Microsoft.Insights/eventtypes/management/values"
        for index in {0, self.done - 1} if self.done else ():
            said = quote(f"resourceUri eq '{self._path(index)}'")
            assert self.raw.must("GET", f"{place}?$filter={said}").json()["value"]

    def _path(self, index: int) -> str:
        return f"{WORKSPACE}/data/d{self.word}{index // 5}/versions/{index % 5 + 1}"

    def _said(self, index: int) -> str:
        return f"{self.word} {index}"

    def _body(self, index: int) -> dict[str, object]:
        uri = "azureml://datastores/workspaceblobstore/paths/there/"
        said = {"dataType": "uri_folder", "dataUri": uri, "description": self._said(index)}
        return {"properties": said}


class Grants(Writer):
    def prepare(self) -> None:
        [self.user] = [
            one["objectId"]
            for one in self.raw.must("GET", "/estate/v1/users").json()["value"]
            if one["name"] == "ben"
        ]

    def write(self, index: int) -> Answer:
        definition = f"/providers/Microsoft.Authorization/roleDefinitions/{READER}"
        said = {"roleDefinitionId": definition, "principalId": self.user, "principalType": "User"}
        of = self.raw.ask("PUT", self._scope(index), {"properties": {"dataType": "uri_folder"}})
        if not of.good:
            return of
        return self.raw.ask("PUT", self._path(index), {"properties": said})

    def check(self) -> None:
        for index in range(self.done):
            found = self.raw.must("GET", self._path(index)).json()
            assert found["properties"]["principalId"] == self.user

    def _path(self, index: int) -> str:
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.word} {index}")
        return f"{self._scope(index)}/providers/Microsoft.Authorization/roleAssignments/{name}"

    def _scope(self, index: int) -> str:
        # One principal has a role at a scope once.
        return f"{WORKSPACE}/data/of-{self.word}-{index}"


class Accounts(Writer):
    """Storage accounts: their names are taken in the whole estate, in another database."""

    def write(self, index: int) -> Answer:
        return self.raw.ask("PUT", self._path(index), self._body(index))

    def check(self) -> None:
        for index in range(self.done):
            assert self.raw.must("GET", self._path(index)).json()["tags"] == {"number": str(index)}
        self.check_name_is_free()

    def check_name_is_free(self) -> None:
        """Unless the account was made, anyone may have its name: also in another group."""
        if self.raw.ask("GET", self._path(self.done)).status != 404:
            return
        elsewhere = self._path(self.done).replace("rg-fraud-dev", "rg-churn-dev")
        self.raw.must("PUT", elsewhere, self._body(self.done))
        self.raw.must("DELETE", elsewhere)

    def _path(self, index: int) -> str:
        return f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st{self.word}{index}"

    def _body(self, index: int) -> dict[str, object]:
        return {
            "location": "westeurope",
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
            "tags": {"number": str(index)},
            "properties": {},
        }


class Together(Writer):
    """Many at once, in both kinds of database: groups of people, resource groups, accounts."""

    def write(self, index: int) -> Answer:
        puts = {"value": [{"id": id, "body": body} for id, body in self._puts(index)]}
        answer = self.raw.ask("POST", "/estate/v1/resources", puts)
        if answer.good:
            assert {one["status"] for one in answer.json()["value"]} <= {200, 201}, answer
        return answer

    def check(self) -> None:
        for index in range(self.done):
            for id, body in self._puts(index):
                found = self.raw.must("GET", id).json()
                assert found.get("tags") == body.get("tags")

    def _puts(self, index: int) -> list[tuple[str, dict[str, object]]]:
        word = f"{self.word}{index}"
        said = {"location": "westeurope", "tags": {"number": str(index)}}
        storage = f"{GROUP}/providers/Microsoft.Storage/storageAccounts"
        return [
            (f"/estate/v1/groups/{word}", {"members": ["ben"]}),
            (f"{GROUP.rpartition('/')[0]}/rg-{word}", said),
            *((f"{storage}/sm{word}{n}", {**said, "properties": {}}) for n in range(3)),
        ]


class Blobs(Writer):
    """Blobs of all sizes, in one request each."""

    def prepare(self) -> None:
        found = self.raw.must("GET", f"{WORKSPACE}/datastores/workspaceblobstore").json()
        said = found["properties"]
        account = said["accountName"].rpartition("/")[2]
        asked = self.raw.must("POST", f"{WORKSPACE}/datastores/workspaceblobstore/listSecrets")
        self.signature = asked.json()["sasToken"]
        self.base = f"/_blob/{account}.blob.core.windows.net/{said['containerName']}"

    def write(self, index: int) -> Answer:
        headers = {**BLOBS, "x-ms-blob-type": "BlockBlob"}
        return self.raw.ask("PUT", self._path(index), self._content(index), headers)

    def check(self) -> None:
        for index in range(self.done + 1):
            found = self.raw.ask("GET", self._path(index), headers=BLOBS)
            if index == self.done and found.status == 404:
                return
            assert found.good, (index, self.done, found.status)
            assert found.body == self._content(index), (index, self.done)

    def _path(self, index: int, query: str = "") -> str:
        return f"{self.base}/{self.word}/{index}?{query}{self.signature}"

    def _content(self, index: int) -> bytes:
        return random.Random(f"{self.word} {index}").randbytes(1 << (index % 18))


class Blocks(Blobs):
    """Three blocks, then the list that makes them a blob."""

    def write(self, index: int) -> Answer:
        content = self._content(index)
        third = len(content) // 3 + 1
        names = [base64.b64encode(f"block {i}".encode()).decode() for i in range(3)]
        for i, name in enumerate(names):
            path = self._path(index, f"comp=block&blockid={quote(name, safe='')}&")
            piece = content[i * third : (i + 1) * third] or b""
            if piece and not (answer := self.raw.ask("PUT", path, piece, BLOBS)).good:
                return answer
        used = [name for i, name in enumerate(names) if content[i * third : (i + 1) * third]]
        latest = "".join(f"<Latest>{name}</Latest>" for name in used)
        body = f"<?xml version='1.0' encoding='utf-8'?><BlockList>{latest}</BlockList>"
        path = self._path(index, "comp=blocklist&")
        return self.raw.ask("PUT", path, body.encode(), BLOBS)


class Appends(Blobs):
    """Lines at the end of one blob."""

    def prepare(self) -> None:
        super().prepare()
        headers = {**BLOBS, "x-ms-blob-type": "AppendBlob"}
        assert self.raw.ask("PUT", self._path(0), b"", headers).good

    def write(self, index: int) -> Answer:
        path = self._path(0, "comp=appendblock&")
        return self.raw.ask("PUT", path, f"line {index}\n".encode(), BLOBS)

    def check(self) -> None:
        lines = self.raw.ask("GET", self._path(0), headers=BLOBS).body.decode().splitlines()
        assert len(lines) in (self.done, self.done + 1)
        assert lines == [f"line {index}" for index in range(len(lines))]


class Metrics(Writer):
    """One point each; the history is what the server has."""

    def prepare(self) -> None:
        made = self.raw.must("POST", f"{MLFLOW}/experiments/create", {"name": self.word}).json()
        run = {"experiment_id": made["experiment_id"], "start_time": 1}
        self.id = self.raw.must("POST", f"{MLFLOW}/runs/create", run).json()["run"]["info"][
            "run_id"
        ]

    def write(self, index: int) -> Answer:
        point = {
            "run_id": self.id,
            "key": "m",
            "value": index / 7,
            "step": index,
            "timestamp": index,
        }
        return self.raw.ask("POST", f"{MLFLOW}/runs/log-metric", point)

    def check(self) -> None:
        path = f"{MLFLOW}/metrics/get-history?run_id={self.id}&metric_key=m&max_results=25000"
        points = self.raw.must("GET", path).json().get("metrics", [])
        found = {point["step"]: point["value"] for point in points}
        assert len(found) == len(points)
        assert len(found) in (self.done, self.done + 1)
        assert found == {step: step / 7 for step in range(len(found))}


class Reads(Writer):
    """Reads of live data: each that was answered is in the activity log."""

    def prepare(self) -> None:
        account = f"st{self.word}"
        self.id = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{account}"
        body = {"location": "westeurope", "tags": {"live": "true"}, "properties": {}}
        self.raw.must("PUT", self.id, body)
        admin = self.raw.must("GET", "/estate/v1/me").json()["id"]
        definition = f"/providers/Microsoft.Authorization/roleDefinitions/{BLOB_OWNER}"
        said = {"roleDefinitionId": definition, "principalId": admin}
        grant = f"{self.id}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        self.raw.must("PUT", grant, {"properties": said})
        self.raw.must("PUT", f"/_blob/{account}/box?restype=container", None, **BLOBS)
        self.blob = f"/_blob/{account}/box/live.csv"
        self.raw.must("PUT", self.blob, b"live", **BLOBS, **{"x-ms-blob-type": "BlockBlob"})

    def write(self, index: int) -> Answer:
        return self.raw.ask("GET", self.blob, None, BLOBS)

    def check(self) -> None:
        told = [int(one["properties"].get("requests", "1")) for one in self._events("read")]
        # One more may have been under way; of those before the kill none is missing.
        assert self.done <= sum(told) <= self.done + 1, (told, self.done)
        assert len(self._events("write")) == 1

    def _events(self, verb: str) -> list[dict[str, Any]]:
        said = quote(
            f"resourceUri eq '{self.id}/blobServices/default/containers/box/blobs/live.csv'"
        )
        place = "/providers/Microsoft.Insights/eventtypes/management/values"
        found = self.raw.must("GET", f"{place}?$filter={said}&$top=1000").json()["value"]
        return [one for one in found if one["operationName"]["value"].endswith(f"blobs/{verb}")]
