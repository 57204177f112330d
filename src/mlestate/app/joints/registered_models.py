"""MLflow's registered models *are* the workspace's models: tracking's port over the engine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ...api.mlflow.address import REGISTRY_FOLDER
from ...control.engine import Engine
from ...control.writing import Conditions
from ...core import ids
from ...core.access import Caller
from ...core.activity import Asked
from ...core.errors import Conflict, Invalid, NotFound, Stale
from ...core.resource import View
from ...tracking.ports import ModelVersion, RegisteredModel, Workspace

ARTIFACTS = "mlflow-artifacts:/"
LOGGED = "models:/m-"
_VERSION = re.compile(
    rf"(?:models:/|{ARTIFACTS}{REGISTRY_FOLDER}/)(?P<name>[^/@]+)"
    r"(?:/(?P<version>[^/@]+)(?:/.*)?|@(?P<alias>[^/]+))"
)
# Where the words of MLflow are kept that Azure ML has no place for.
RUN_ID, RUN_LINK, SOURCE, MODEL_ID = (
    "mlflow.runId",
    "mlflow.runLink",
    "mlflow.source",
    "mlflow.modelId",
)
_HERE = View()


class RegisteredModels:
    """Implements `tracking.ports.Models`; each call is one request of the caller's."""

    def __init__(self, engine: Engine, view: View = _HERE):
        self.engine, self.view = engine, view

    def asked_by(self, asked: Asked) -> RegisteredModels:
        return RegisteredModels(self.engine, View(asked=asked))

    def models(self, caller: Caller, workspace: Workspace) -> Sequence[RegisteredModel]:
        rows = self._all(caller, f"{workspace.id}/models")
        return [_model(row) for row in rows if not row["properties"].get("isArchived")]

    def model(self, caller: Caller, workspace: Workspace, name: str) -> RegisteredModel | None:
        found = self._find(caller, _container(workspace, name))
        return _model(found) if found else None

    def create_model(
        self, caller: Caller, workspace: Workspace, model: RegisteredModel
    ) -> Sequence[str]:
        body = {"properties": _said_of_model(model)}
        absent = Conditions(if_none_match="*")
        try:
            made = self.engine.put(
                caller, _container(workspace, model.name), body, absent, self.view
            )
            return made.warnings
        except Stale:
            raise Conflict(f"the model `{model.name}` exists already") from None

    def update_model(self, caller: Caller, workspace: Workspace, model: RegisteredModel) -> None:
        self._lay_over(caller, _container(workspace, model.name), _said_of_model(model))

    def rename_model(
        self, caller: Caller, workspace: Workspace, name: str, new_name: str, now: int
    ) -> None:
        raise Invalid(
            f"a model of a workspace keeps its name: register `{name}` again as `{new_name}`"
        )

    def delete_model(self, caller: Caller, workspace: Workspace, name: str) -> None:
        self.engine.delete(caller, _container(workspace, name), Conditions(), self.view)

    def versions(
        self, caller: Caller, workspace: Workspace, name: str | None = None
    ) -> Sequence[ModelVersion]:
        names = [name] if name else [model.name for model in self.models(caller, workspace)]
        return [
            _version(row)
            for one in names
            for row in self._all(caller, f"{_container(workspace, one)}/versions")
        ]

    def version(
        self, caller: Caller, workspace: Workspace, name: str, version: str
    ) -> ModelVersion | None:
        found = self._find(caller, f"{_container(workspace, name)}/versions/{version}")
        return _version(found) if found else None

    def create_version(
        self, caller: Caller, workspace: Workspace, version: ModelVersion
    ) -> tuple[ModelVersion, Sequence[str]]:
        """Takes the next number; where another request took it meanwhile, the one after."""
        container = _container(workspace, version.name)
        uri = self._model_uri(caller, workspace, version.source)
        body = {"properties": _said_of_version(uri, version)}
        while True:
            found = self._find(caller, container)
            if found is None:
                raise NotFound(f"there is no model `{version.name}`")
            number = str(found["properties"].get("nextVersion") or 1)
            path = f"{container}/versions/{number}"
            try:
                made = self.engine.put(caller, path, body, Conditions(if_none_match="*"), self.view)
            except Stale:
                continue
            return _version(made.document or {}), made.warnings

    def update_version(self, caller: Caller, workspace: Workspace, version: ModelVersion) -> None:
        path = f"{_container(workspace, version.name)}/versions/{version.version}"
        said = {
            "description": version.description,
            "tags": version.tags,
            "stage": None if version.stage == "None" else version.stage,
        }
        self._lay_over(caller, path, said)

    def delete_version(self, caller: Caller, workspace: Workspace, name: str, version: str) -> None:
        path = f"{_container(workspace, name)}/versions/{version}"
        self.engine.delete(caller, path, Conditions(), self.view)

    def _model_uri(self, caller: Caller, workspace: Workspace, source: str) -> str:
        """Of a source that is itself a registered version, the place of that one's files."""
        other = _VERSION.fullmatch(source)
        if other is None:
            return model_uri(workspace, source)
        container = _container(workspace, other["name"])
        version = other["version"] or self._alias(caller, container, other["alias"])
        found = self._find(caller, f"{container}/versions/{version}")
        if found is None:
            raise NotFound(f"there is no model version `{source}`")
        return str(found["properties"]["modelUri"])

    def _alias(self, caller: Caller, container: str, alias: str) -> str:
        found = self._find(caller, container) or {"properties": {}}
        return str((found["properties"].get("aliases") or {}).get(alias, ""))

    def _find(self, caller: Caller, path: str) -> dict[str, Any] | None:
        try:
            return self.engine.get(caller, path, {}, self.view).document
        except NotFound:
            return None

    def _all(self, caller: Caller, path: str) -> Iterator[dict[str, Any]]:
        asked = {"$top": "1000"}
        while True:
            page = self.engine.get(caller, path, asked, self.view).page
            if page is None:
                return
            yield from page.rows
            if not page.next:
                return
            asked = {"$top": "1000", "$skiptoken": page.next}

    def _lay_over(self, caller: Caller, path: str, said: dict[str, Any]) -> None:
        """Replace some properties; a map is replaced as a whole, which a merge would not do."""
        found = self.engine.get(caller, path, {}, self.view)
        document = found.document or {}
        body = {"properties": {**document["properties"], **said}}
        self.engine.put(caller, path, body, Conditions(if_match=found.etag), self.view)


def artifact_uri(name: str, version: str, model_uri: str) -> str:
    """A version's place as MLflow reads it: a path of the workspace's own artifacts, or one that
    `app.artifacts` finds through the version."""
    _, found, path = model_uri.partition("/datastores/workspaceartifactstore/paths/")
    if found:
        return ARTIFACTS + path
    if not model_uri.startswith(("azureml://", "https://")):
        return model_uri
    last = model_uri.rstrip("/").rpartition("/")[2]
    return f"{ARTIFACTS}{REGISTRY_FOLDER}/{name}/{version}/{last}"


def model_uri(workspace: Workspace, source: str) -> str:
    """What MLflow calls a source as Azure ML writes it: a path of a datastore."""
    path = _artifact_path(source)
    if path is None:
        return source
    # The SDK writes these ids with `resourcegroups`, and reads them back by that spelling.
    id = ids.parse(workspace.id)
    return (
        f"azureml://subscriptions/{id.subscription}/resourcegroups/{id.group}"
        f"/workspaces/{workspace.name}/datastores/workspaceartifactstore/paths/{path}"
    )


def _artifact_path(source: str) -> str | None:
    if source.startswith(ARTIFACTS):
        return source[len(ARTIFACTS) :].lstrip("/")
    if source.startswith(LOGGED):
        return f"LoggedModels/{source.removeprefix('models:/')}"
    return None


def _container(workspace: Workspace, name: str) -> str:
    return f"{workspace.id}/models/{name}"


def _said_of_model(model: RegisteredModel) -> dict[str, Any]:
    return {
        "description": model.description or None,
        "tags": model.tags,
        "aliases": model.aliases,
    }


def _said_of_version(uri: str, version: ModelVersion) -> dict[str, Any]:
    kept = {
        SOURCE: version.source,
        RUN_ID: version.run_id,
        RUN_LINK: version.run_link,
        MODEL_ID: version.model_id,
    }
    return {
        "modelUri": uri,
        "modelType": "mlflow_model",
        "jobName": version.run_id or None,
        "description": version.description or None,
        "tags": version.tags,
        "properties": {key: value for key, value in kept.items() if value},
    }


def _model(row: dict[str, Any]) -> RegisteredModel:
    said = row["properties"]
    return RegisteredModel(
        name=row["name"],
        created=_millis(row, "createdAt"),
        updated=_millis(row, "lastModifiedAt"),
        user=row["systemData"]["createdBy"],
        description=said.get("description") or "",
        tags=said.get("tags") or {},
        aliases=said.get("aliases") or {},
    )


def _version(row: dict[str, Any]) -> ModelVersion:
    said, id = row["properties"], ids.parse(row["id"])
    kept = said.get("properties") or {}
    return ModelVersion(
        name=id.parent.name,
        version=id.name,
        created=_millis(row, "createdAt"),
        updated=_millis(row, "lastModifiedAt"),
        source=kept.get(SOURCE) or artifact_uri(id.parent.name, id.name, said["modelUri"]),
        user=row["systemData"]["createdBy"],
        description=said.get("description") or "",
        run_id=kept.get(RUN_ID) or said.get("jobName") or "",
        run_link=kept.get(RUN_LINK) or "",
        model_id=kept.get(MODEL_ID) or "",
        stage=said.get("stage") or "None",
        tags=said.get("tags") or {},
    )


def _millis(row: dict[str, Any], field: str) -> int:
    from datetime import datetime

    return int(datetime.fromisoformat(row["systemData"][field]).timestamp() * 1000)
