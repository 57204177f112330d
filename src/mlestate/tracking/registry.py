"""MLflow's model registry over the workspace's models, which another room owns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec

from ..core import numbers
from ..core.access import Caller
from ..core.errors import Conflict, Invalid, NotFound
from ..core.search import Comparison, Grammar, holds, parse_filter, parse_order
from ..core.tracking import Pair
from . import grammar, limits, pages
from .ports import Models, ModelVersion, RegisteredModel, Workspace

STAGES = ("None", "Staging", "Production", "Archived")
PROMPT_TAG = "mlflow.prompt.is_prompt"

T = TypeVar("T")


class Registry:
    """One workspace's registry, as one caller sees it."""

    def __init__(self, models: Models, caller: Caller, workspace: Workspace, now: int):
        self._models, self._caller, self._workspace, self._now = models, caller, workspace, now
        self.warnings: list[str] = []

    def create_model(
        self, name: str | None, description: str | None, tags: Iterable[Pair]
    ) -> RegisteredModel:
        name = model_name(name)
        model = RegisteredModel(
            name=name,
            created=self._now,
            updated=self._now,
            user=self._caller.name,
            description=description or "",
            tags=limits.tags(tags, limits.REGISTRY_TAG_LENGTH),
        )
        if self._models.model(self._caller, self._workspace, name) is not None:
            raise Conflict(f"Registered Model (name={name}) already exists.")
        self.warnings += self._models.create_model(self._caller, self._workspace, model)
        return self.model(name)

    def model(self, name: str | None) -> RegisteredModel:
        name = model_name(name)
        found = self._models.model(self._caller, self._workspace, name)
        if found is None:
            raise NotFound(f"Registered Model with name={name} not found")
        return found

    def rename_model(self, name: str | None, new_name: str | None) -> RegisteredModel:
        model, new_name = self.model(name), model_name(new_name)
        if self._models.model(self._caller, self._workspace, new_name) is not None:
            raise Conflict(f"Registered Model (name={new_name}) already exists.")
        self._models.rename_model(self._caller, self._workspace, model.name, new_name, self._now)
        return self.model(new_name)

    def describe_model(self, name: str | None, description: str | None) -> RegisteredModel:
        return self._save(self.model(name), description=description or "")

    def delete_model(self, name: str | None) -> None:
        self._models.delete_model(self._caller, self._workspace, self.model(name).name)

    def tag_model(self, name: str | None, tag: Pair) -> None:
        model = self.model(name)
        tags = {**model.tags, **limits.tags([tag], limits.REGISTRY_TAG_LENGTH)}
        self._save(model, tags=tags)

    def untag_model(self, name: str | None, key: str) -> None:
        model = self.model(name)
        self._save(model, tags={k: v for k, v in model.tags.items() if k != key})

    def set_alias(self, name: str | None, alias: str, version: str) -> None:
        _check_alias(alias)
        model = self.model(name)
        found = self.version(name, version)
        self._save(model, aliases={**model.aliases, alias: found.version})

    def delete_alias(self, name: str | None, alias: str) -> None:
        model = self.model(name)
        self._save(model, aliases={k: v for k, v in model.aliases.items() if k != alias})

    def by_alias(self, name: str | None, alias: str) -> ModelVersion:
        model = self.model(name)
        if alias.lower() == "latest":
            versions = self.versions(model.name)
            if versions:
                return versions[-1]
        if alias not in model.aliases:
            raise Invalid(f"Registered model alias {alias} not found.")
        return self.version(model.name, model.aliases[alias])

    def search_models(
        self, filter: str, orders: Sequence[str], limit: int, token: str | None
    ) -> tuple[list[RegisteredModel], str | None]:
        models = self._models.models(self._caller, self._workspace)
        return _search(
            models, _model_value, grammar.REGISTERED_MODELS, filter, orders, ["name"], limit, token
        )

    def create_version(self, version: ModelVersion) -> ModelVersion:
        """`version` as the client asked for it, its number not yet known."""
        model = self.model(version.name)
        check_source(version.source)
        if version.source.startswith("models:/") and not version.model_id:
            self.download_uri_of(version.source)
        made = msgspec.structs.replace(
            version,
            name=model.name,
            version="",
            created=self._now,
            updated=self._now,
            user=self._caller.name,
        )
        saved, warnings = self._models.create_version(self._caller, self._workspace, made)
        self.warnings += warnings
        return saved

    def version(self, name: str | None, version: str | None) -> ModelVersion:
        name, number = model_name(name), _version(version)
        found = self._models.version(self._caller, self._workspace, name, number)
        if found is None:
            raise NotFound(f"Model Version (name={name}, version={number}) not found")
        return found

    def versions(self, name: str) -> list[ModelVersion]:
        """The oldest first."""
        found = self._models.versions(self._caller, self._workspace, name)
        return sorted(found, key=lambda one: version_order(one.version))

    def describe_version(
        self, name: str | None, version: str | None, description: str | None
    ) -> ModelVersion:
        found = self.version(name, version)
        return self._save_version(found, description=description or "")

    def tag_version(self, name: str | None, version: str | None, tag: Pair) -> None:
        found = self.version(name, version)
        tags = {**found.tags, **limits.tags([tag], limits.REGISTRY_TAG_LENGTH)}
        self._save_version(found, tags=tags)

    def untag_version(self, name: str | None, version: str | None, key: str) -> None:
        found = self.version(name, version)
        self._save_version(found, tags={k: v for k, v in found.tags.items() if k != key})

    def delete_version(self, name: str | None, version: str | None) -> None:
        found = self.version(name, version)
        model = self.model(name)
        aliases = {k: v for k, v in model.aliases.items() if v != found.version}
        if aliases != model.aliases:
            self._save(model, aliases=aliases)
        self._models.delete_version(self._caller, self._workspace, found.name, found.version)

    def transition(
        self, name: str | None, version: str | None, stage: str, archive: bool
    ) -> ModelVersion:
        stage = check_stage(stage)
        found = self.version(name, version)
        if archive and stage not in ("Staging", "Production"):
            raise Invalid(
                "Model version transition cannot archive existing model versions because "
                f"'{stage}' is not an Active stage. Valid stages are Staging, Production"
            )
        for other in self.versions(found.name) if archive else ():
            if other.stage == stage and other.version != found.version:
                self._save_version(other, stage="Archived")
        return self._save_version(found, stage=stage)

    def latest(self, name: str | None, stages: Sequence[str]) -> list[ModelVersion]:
        """The newest of each stage asked for; of every stage when none is."""
        wanted = {check_stage(stage) for stage in stages} or set(STAGES)
        newest = {one.stage: one for one in self.versions(self.model(name).name)}
        return [one for stage, one in newest.items() if stage in wanted]

    def search_versions(
        self, filter: str, orders: Sequence[str], limit: int, token: str | None
    ) -> tuple[list[ModelVersion], str | None]:
        versions = self._models.versions(self._caller, self._workspace)
        last = ["name", "version_number DESC"]
        given = orders or ["last_updated_timestamp DESC"]
        return _search(
            versions, _version_value, grammar.MODEL_VERSIONS, filter, given, last, limit, token
        )

    def download_uri(self, name: str | None, version: str | None) -> str:
        return self.download_uri_of(self.version(name, version).source)

    def download_uri_of(self, source: str, depth: int = 0) -> str:
        """`models:/m-…` stays (the caller knows where logged models are); names are followed."""
        name, separator, version = source.removeprefix("models:/").partition("/")
        if not source.startswith("models:/") or (not separator and "@" not in name):
            return source
        if depth > 16:
            raise Invalid(f"The source `{source}` leads back to itself.")
        if "@" in name:
            head, _, alias = name.partition("@")
            return self.download_uri_of(self.by_alias(head, alias).source, depth + 1)
        return self.download_uri_of(self.version(name, version).source, depth + 1)

    def aliases(self, version: ModelVersion) -> list[str]:
        model = self._models.model(self._caller, self._workspace, version.name)
        known = model.aliases if model is not None else {}
        return [alias for alias, number in known.items() if number == version.version]

    def _save(self, model: RegisteredModel, **changes: Any) -> RegisteredModel:
        changed = msgspec.structs.replace(model, updated=self._now, **changes)
        self._models.update_model(self._caller, self._workspace, changed)
        return changed

    def _save_version(self, version: ModelVersion, **changes: Any) -> ModelVersion:
        changed = msgspec.structs.replace(version, updated=self._now, **changes)
        self._models.update_version(self._caller, self._workspace, changed)
        return changed


def model_name(name: str | None) -> str:
    name = limits.title(name, "name")
    if "/" in name or ":" in name:
        raise Invalid(
            f"Invalid name for a registered model: `{name}`. It cannot contain '/' or ':'."
        )
    return name


def check_source(source: str | None) -> str:
    """Where a version's files are: in the workspace, and nowhere by a detour."""
    if not source:
        raise Invalid("Missing value for required parameter 'source'.")
    plain = fully_unquoted(source)
    if ".." in re.split(r"[/\\]", plain) or "\\" in plain or "\0" in plain:
        raise Invalid(f"Invalid model version source: `{source}`. It must not lead upwards.")
    scheme = plain.partition(":")[0].lower() if ":" in plain else ""
    if scheme in ("", "file"):
        raise Invalid(
            f"Invalid model version source: `{source}`. A server has no local files to offer; log "
            "the model to a run and name the run's artifact."
        )
    return source


def fully_unquoted(text: str) -> str:
    for _ in range(10):
        plain = unquote(text)
        if plain == text:
            return text
        text = plain
    raise Invalid("The path is quoted too many times over.")


def check_stage(stage: str) -> str:
    for known in STAGES:
        if known.lower() == stage.lower():
            return known
    raise Invalid(
        f"Invalid Model Version stage: {stage}. Value must be one of {', '.join(STAGES)}."
    )


def version_order(version: str) -> tuple[int, str]:
    return (numbers.whole(version) or 0, version)


def _version(version: str | None) -> str:
    if not version:
        raise Invalid("Missing value for required parameter 'version'.")
    return limits.text(str(version), "version", limits.KEY_LENGTH)


def _check_alias(alias: str) -> None:
    if not re.fullmatch(r"[\w\-]{1,255}", alias):
        raise Invalid(
            f"Invalid alias `{alias[:300]}`: Names may only contain alphanumerics, underscores "
            "(_), and dashes (-)."
        )
    if alias.lower() == "latest" or re.fullmatch(r"[vV]\d+", alias):
        raise Invalid(f"The alias name '{alias}' is reserved.")


def _search(
    things: Iterable[T],
    value: Callable[[T, str, str], Any],
    rules: Grammar,
    filter: str,
    orders: Sequence[str],
    last: Sequence[str],
    limit: int,
    token: str | None,
) -> tuple[list[T], str | None]:
    filters = parse_filter(filter, rules)
    if not any(one.kind == "tag" and one.key == PROMPT_TAG for one in filters):
        # Prompts live among the models; who does not ask for them does not see them.
        filters = (*filters, Comparison("tag", PROMPT_TAG, "=", "false"))
    found = [t for t in things if all(holds(f, value(t, f.kind, f.key)) for f in filters)]
    for text in reversed([*orders, *last]):
        order = parse_order(text, rules)
        if order.kind != "attribute":
            raise Invalid(f"Invalid order_by entity: `{text}`")
        found.sort(key=lambda t: value(t, order.kind, order.key), reverse=not order.ascending)
    offset = pages.start(token)
    return pages.cut(found[offset : offset + limit + 1], limit, offset)


def _model_value(model: RegisteredModel, kind: str, key: str) -> Any:
    if kind == "tag":
        return _tag(model.tags, key)
    return {
        "name": model.name,
        "creation_timestamp": model.created,
        "last_updated_timestamp": model.updated,
    }[key]


def _version_value(version: ModelVersion, kind: str, key: str) -> Any:
    if kind == "tag":
        return _tag(version.tags, key)
    return {
        "name": version.name,
        "version_number": version_order(version.version)[0],
        "run_id": version.run_id,
        "source_path": version.source,
        "creation_timestamp": version.created,
        "last_updated_timestamp": version.updated,
    }[key]


def _tag(tags: dict[str, str], key: str) -> str | None:
    return tags.get(key, "false" if key == PROMPT_TAG else None)
