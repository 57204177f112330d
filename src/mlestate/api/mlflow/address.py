"""From a path to a workspace and what is asked of it; and where artifacts are, seen from there."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

import msgspec

from ...core.errors import Invalid
from ...store.tracking.runs import ARTIFACT_URI
from ...tracking.registry import fully_unquoted

RUNS_FOLDER = "ExperimentRun"
MODELS_FOLDER = "LoggedModels"
EXPERIMENTS_FOLDER = "Experiments"
REGISTRY_FOLDER = "Models"
PLAIN = "mlflow-artifacts:/"
_FOLDERS = (RUNS_FOLDER, MODELS_FOLDER, EXPERIMENTS_FOLDER, REGISTRY_FOLDER)

_WORKSPACE = re.compile(
    r"/mlflow/(?P<version>v[123]\.0)(?P<id>/subscriptions/[^/]+/resourceGroups/[^/]+"
    r"/providers/Microsoft\.MachineLearningServices/workspaces/[^/]+)",
    re.IGNORECASE,
)


class Base(msgspec.Struct, frozen=True):
    """What stands before `/api/`: a workspace under an address version, or (bare) neither."""

    version: str
    workspace: str


BARE = Base("", "")


@lru_cache(maxsize=4096)
def split(path: str) -> tuple[Base, str] | None:
    """The base, and what follows `/api/2.0` or `/api/3.0`."""
    if path.startswith("/mlflow/api/"):
        where, rest = BARE, path[len("/mlflow") :]
    elif match := _WORKSPACE.match(path):
        where, rest = Base(match["version"].lower(), match["id"]), path[match.end() :]
    else:
        return None
    inner = rest[len("/api/2.0") :]
    return (where, inner) if rest.startswith(("/api/2.0/", "/api/3.0/")) else None


class Roots(msgspec.Struct, frozen=True):
    """Artifact addresses: `mlflow-artifacts:/…` for plain clients, `azureml://…` for the plugin."""

    prefix: str
    plugin: bool = False

    def run(self, run_id: str, experiment: str) -> str:
        if self.plugin:
            return f"{self.prefix}/experiments/{experiment}/runs/{run_id}/artifacts"
        return f"{self.prefix}/{RUNS_FOLDER}/dcid.{run_id}"

    def experiment(self, number: int, name: str) -> str:
        if self.plugin:
            return f"{self.prefix}/experiments/{quote(name, safe='')}"
        return f"{self.prefix}/{EXPERIMENTS_FOLDER}/{number}"

    def model(self, model_id: str) -> str:
        if self.plugin:
            # The plugin knows artifacts of runs only: a model is addressed as one.
            return f"{self.prefix}/experiments/{MODELS_FOLDER}/runs/{model_id}/artifacts"
        return f"{self.prefix}/{MODELS_FOLDER}/{model_id}"

    def shown(self, source: str) -> str:
        """A path of the workspace's artifacts (`mlflow-artifacts:/…`) as this client reads it."""
        if not self.plugin or not source.startswith(PLAIN):
            return source
        folder, _, path = source[len(PLAIN) :].lstrip("/").partition("/")
        owner, _, inside = path.partition("/")
        if folder == REGISTRY_FOLDER:
            version, _, inside = inside.partition("/")
            owner = f"{owner}:{version}"
        owner = owner.removeprefix("dcid.")
        return f"{self.prefix}/experiments/{folder}/runs/{owner}/artifacts/{inside}".rstrip("/")

    def fill(self, body: bytes) -> bytes:
        """Runs' JSON with their addresses in place."""
        return ARTIFACT_URI.sub(self._replacement(), body)

    def _replacement(self) -> bytes:
        # The prefix is a workspace's id, which may hold what `re` would take for its own.
        literal = Roots(self.prefix.replace("\\", r"\\"), self.plugin)
        return literal.run(r"\2", r"\1").encode()


def roots(base: Base, workspace: str, authority: str) -> Roots:
    if base.version in ("v1.0", "v2.0"):
        return Roots(f"azureml://{authority}{workspace}", plugin=True)
    return Roots("mlflow-artifacts:")


_PLUGIN = re.compile(
    r"azureml://[^/]+(?P<workspace>/subscriptions/.+?)/experiments/(?P<experiment>[^/]+)"
    r"/runs/(?P<owner>[^/]+)/artifacts(?:/(?P<inside>.*))?"
)


def plain_source(source: str, workspace: str) -> str:
    """The plugin's address of an artifact as a path of the workspace's own; others stay."""
    found = _PLUGIN.fullmatch(source)
    if found is None or found["workspace"].lower() != workspace.lower():
        return source
    owner, inside = found["owner"], found["inside"] or ""
    match found["experiment"]:
        case "LoggedModels":
            head = f"{MODELS_FOLDER}/{owner}"
        case "Models":
            head = f"{REGISTRY_FOLDER}/{owner.replace(':', '/')}"
        case _:
            head = f"{RUNS_FOLDER}/dcid.{owner}"
    return f"{PLAIN}{head}/{inside}".rstrip("/")


def artifact_path(path: str, *, folder: bool = False) -> str:
    """A path within the workspace's artifacts, in one of tracking's own folders. `Invalid` for
    whatever could mean another place, also to someone who unquotes it once more."""
    plain = path.strip("/") if folder else path
    parts = plain.split("/")
    doubtful = fully_unquoted(plain)
    wrong = (
        any(part in ("", ".", "..") for part in doubtful.replace("\\", "/").split("/"))
        or "\\" in doubtful
        or any(ord(letter) < 32 for letter in doubtful)
        or doubtful.count("/") != plain.count("/")
    )
    if wrong or parts[0] not in _FOLDERS or (len(parts) < 2 and not folder):
        raise Invalid(f"Invalid path: `{path[:300]}`.")
    return plain
