"""Where the artifacts are that the history service speaks of: a run's, a model's, a version's.

MLflow's plugin for Azure knows artifacts of runs only, so it names the others as if they were runs:
a logged model by its id, a registered one as `NAME:VERSION`.
"""

from __future__ import annotations

from ...api.history import Asked
from ...core.data_uri import OnDatastore
from ...core.errors import Conflict, NotFound
from ...core.resource import Resource
from ...tracking.job_runs import JobRuns
from .places import ARTIFACT_STORE, Places, Spot


class ArtifactRoots:
    def __init__(self, places: Places, runs: JobRuns):
        self._places, self._runs = places, runs

    def spot(self, asked: Asked, region: str, workspace: Resource, path: str, write: bool) -> Spot:
        """Reached by the right on artifacts, not by that on the datastore."""
        name, colon, version = asked.run.partition(":")
        if colon:
            return self._registered(asked, name, version, path, write)
        folder = self._folder(asked, region, workspace)
        store = workspace.id.child("datastores", ARTIFACT_STORE)
        found = self._places.on_datastore(OnDatastore(store, f"{folder}/{path}"), write)
        return self._places.as_artifact(found, workspace.id, write)

    def _registered(self, asked: Asked, name: str, version: str, path: str, write: bool) -> Spot:
        if write:
            raise Conflict(f"`{name}` is registered: log a new model and register that")
        id = asked.workspace.child("models", name).child("versions", version)
        return self._places.of_model(asked.caller, id, path)

    def _folder(self, asked: Asked, region: str, workspace: Resource) -> str:
        guid = str(workspace.properties["workspaceId"])
        if self._runs.get(region, guid, asked.run) is not None:
            return f"ExperimentRun/dcid.{asked.run}"
        if self._runs.has_model(region, guid, asked.run):
            return f"LoggedModels/{asked.run}"
        raise NotFound(f"the workspace has no run `{asked.run}`", code="RunNotFound")
