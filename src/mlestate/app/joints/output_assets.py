"""A job's outputs that were given a name become assets when the job has completed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...control.engine import Engine
from ...control.writing import Conditions
from ...core import data_uri
from ...core.access import Caller
from ...core.data_uri import OnDatastore
from ...core.errors import NotFound, PlatformError, Stale
from ...core.resource import Resource, View

JOB, OUTPUT = "mlestate.job", "mlestate.output"
_DATA = ("uri_file", "uri_folder", "mltable")
_HERE = View()


class OutputAssets:
    def __init__(self, engine: Engine):
        self._engine = engine

    def register(self, caller: Caller, job: Resource) -> Iterator[str]:
        """As the job's submitter. What could not be registered is told; saying it twice is safe."""
        for name, output in (job.properties.get("outputs") or {}).items():
            if not output.get("assetName"):
                continue
            try:
                self._register(caller, job, name, output)
            except PlatformError as error:
                asset = output["assetName"]
                yield f"the output `{name}` could not be registered as `{asset}`: {error}"

    def _register(self, caller: Caller, job: Resource, name: str, output: dict[str, Any]) -> None:
        collection = "data" if output["jobOutputType"] in _DATA else "models"
        container = f"{job.id.parent}/{collection}/{output['assetName']}"
        body = {"properties": _document(job, name, output, collection)}
        while not self._registered(caller, container, job, name):
            version = output.get("assetVersion") or self._next(caller, container)
            path = f"{container}/versions/{version}"
            try:
                self._put(caller, path, body)
            except Stale:
                if output.get("assetVersion"):
                    raise

    def _put(self, caller: Caller, path: str, body: dict[str, Any]) -> None:
        """The name was held to the estate's conventions when the job was submitted."""
        absent = Conditions(if_none_match="*")
        self._engine.put(caller, path, body, absent, _HERE, conventional=False)

    def _registered(self, caller: Caller, container: str, job: Resource, name: str) -> bool:
        try:
            asked = {"properties": f"{JOB}={job.name},{OUTPUT}={name}"}
            found = self._engine.get(caller, f"{container}/versions", asked, _HERE).page
        except NotFound:
            return False
        return bool(found and any(_made_by(row, job.name, name) for row in found.rows))

    def _next(self, caller: Caller, container: str) -> str:
        try:
            found = self._engine.get(caller, container, {}, _HERE).document or {}
        except NotFound:
            return "1"
        return str(found["properties"].get("nextVersion") or 1)


def _made_by(row: dict[str, Any], job: str, output: str) -> bool:
    kept = row["properties"].get("properties") or {}
    return (kept.get(JOB), kept.get(OUTPUT)) == (job, output)


def _document(job: Resource, name: str, output: dict[str, Any], collection: str) -> dict[str, Any]:
    kept = {JOB: job.name, OUTPUT: name}
    uri, kind = _long(job, output["uri"]), output["jobOutputType"]
    said = {"description": output.get("description"), "properties": kept}
    if collection == "data":
        return {"dataType": kind, "dataUri": uri, **said}
    return {"modelType": kind, "modelUri": uri, "jobName": job.name, **said}


def _long(job: Resource, uri: str) -> str:
    place = data_uri.read(uri, job.id.parent)
    return data_uri.write(place) if isinstance(place, OnDatastore) else uri
