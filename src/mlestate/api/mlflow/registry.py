"""`registered-models/…` and `model-versions/…`, over the workspace's models.

The port is synchronous and may wait on a database: it is called from a thread.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

from ...core.errors import Invalid
from ...core.tracking import Pair
from ...tracking import limits, logged_models, runs
from ...tracking.ports import ModelVersion, RegisteredModel
from ...tracking.registry import Registry
from . import answers
from .address import RUNS_FOLDER, plain_source
from .request import Request

T = TypeVar("T")


class _Model(msgspec.Struct):
    name: str | None = None
    new_name: str | None = None
    description: str | None = None
    tags: list[Pair] = []
    stages: list[str] = []


class _Version(msgspec.Struct):
    """What names a model, a version, a tag or an alias; each address takes its own part."""

    name: str | None = None
    version: str | None = None
    description: str | None = None
    stage: str = ""
    archive_existing_versions: bool = False
    key: str = ""
    value: str | None = ""
    alias: str = ""


class _NewVersion(msgspec.Struct):
    name: str | None = None
    source: str = ""
    run_id: str | None = None
    run_link: str | None = None
    description: str | None = None
    model_id: str | None = None
    tags: list[Pair] = []


class _Search(msgspec.Struct):
    filter: str | None = ""
    max_results: int | None = None
    order_by: list[str] = []
    page_token: str | None = None


async def create_model(request: Request) -> bytes:
    asked = await request.json(_Model)
    return await _model(
        request, lambda r: r.create_model(asked.name, asked.description, asked.tags)
    )


async def get_model(request: Request) -> bytes:
    asked = request.query(_Model)
    return await _model(request, lambda r: r.model(asked.name))


async def rename_model(request: Request) -> bytes:
    asked = await request.json(_Model)
    return await _model(request, lambda r: r.rename_model(asked.name, asked.new_name))


async def update_model(request: Request) -> bytes:
    asked = await request.json(_Model)
    return await _model(request, lambda r: r.describe_model(asked.name, asked.description))


async def delete_model(request: Request) -> bytes:
    asked = await request.json(_Model)
    return await _done(request, lambda r: r.delete_model(asked.name))


async def search_models(request: Request) -> bytes:
    asked = await request.asked(_Search)
    limit = limits.results(asked.max_results, 100, 1000)

    def work(registry: Registry) -> bytes:
        found, token = registry.search_models(
            asked.filter or "", asked.order_by, limit, asked.page_token
        )
        return answers.page(
            "registered_models", [_whole(request, registry, m) for m in found], token
        )

    return await _ask(request, work)


async def latest_versions(request: Request) -> bytes:
    asked = await request.asked(_Model)

    def work(registry: Registry) -> bytes:
        found = registry.latest(asked.name, asked.stages)
        bodies = [_shown(request, registry, one) for one in found]
        return answers.encode({"model_versions": bodies})

    return await _ask(request, work)


async def tag_model(request: Request) -> bytes:
    asked = await request.json(_Version)
    tag = Pair(asked.key, asked.value)
    return await _done(request, lambda r: r.tag_model(asked.name, tag))


async def untag_model(request: Request) -> bytes:
    asked = await request.json(_Version)
    return await _done(request, lambda r: r.untag_model(asked.name, asked.key))


async def set_alias(request: Request) -> bytes:
    asked = await request.json(_Version)
    return await _done(request, lambda r: r.set_alias(asked.name, asked.alias, asked.version or ""))


async def delete_alias(request: Request) -> bytes:
    asked = await request.json(_Version)
    return await _done(request, lambda r: r.delete_alias(asked.name, asked.alias))


async def by_alias(request: Request) -> bytes:
    asked = request.query(_Version)
    return await _version(request, lambda r: r.by_alias(asked.name, asked.alias))


async def create_version(request: Request) -> bytes:
    asked = await request.json(_NewVersion)
    wanted = await _sourced(request, asked)
    made = await _ask(request, lambda registry: registry.create_version(wanted))
    if made.model_id:
        await request.store.submit(
            lambda group: logged_models.note_version(
                group, request.key, made.model_id, made.name, made.version
            )
        )
    return await _version(request, lambda r: made)


async def get_version(request: Request) -> bytes:
    asked = request.query(_Version)
    return await _version(request, lambda r: r.version(asked.name, asked.version))


async def update_version(request: Request) -> bytes:
    asked = await request.json(_Version)
    return await _version(
        request, lambda r: r.describe_version(asked.name, asked.version, asked.description)
    )


async def transition(request: Request) -> bytes:
    asked = await request.json(_Version)
    return await _version(
        request,
        lambda r: r.transition(
            asked.name, asked.version, asked.stage, asked.archive_existing_versions
        ),
    )


async def delete_version(request: Request) -> bytes:
    asked = await request.json(_Version)
    return await _done(request, lambda r: r.delete_version(asked.name, asked.version))


async def tag_version(request: Request) -> bytes:
    asked = await request.json(_Version)
    tag = Pair(asked.key, asked.value)
    return await _done(request, lambda r: r.tag_version(asked.name, asked.version, tag))


async def untag_version(request: Request) -> bytes:
    asked = await request.json(_Version)
    return await _done(request, lambda r: r.untag_version(asked.name, asked.version, asked.key))


async def search_versions(request: Request) -> bytes:
    asked = await request.asked(_Search)
    limit = limits.results(asked.max_results, 1000, 200_000)

    def work(registry: Registry) -> bytes:
        found, token = registry.search_versions(
            asked.filter or "", asked.order_by, limit, asked.page_token
        )
        bodies = [_shown(request, registry, one) for one in found]
        return answers.page("model_versions", bodies, token)

    return await _ask(request, work)


async def download_uri(request: Request) -> bytes:
    asked = request.query(_Version)
    uri = await _ask(request, lambda r: r.download_uri(asked.name, asked.version))
    if uri.startswith("models:/"):
        uri = request.roots.model(uri.removeprefix("models:/").strip("/"))
    return answers.encode({"artifact_uri": request.roots.shown(uri)})


async def _sourced(request: Request, asked: _NewVersion) -> ModelVersion:
    """What the client named must be there, in this workspace."""
    source = plain_source(asked.source, request.workspace.id)
    model_id = asked.model_id or _logged_model(source)
    run_id = asked.run_id or ""
    if model_id:
        found = await request.store.reading(
            lambda session: logged_models.get(session, request.key, model_id)
        )
        run_id = run_id or found.source_run_id
    named = {run_id, *_runs_in(source)} - {""}
    await request.store.reading(
        lambda session: [runs.info(session, request.key, one) for one in named]
    )
    return ModelVersion(
        name=asked.name or "",
        version="",
        created=0,
        updated=0,
        source=source,
        description=asked.description or "",
        run_id=run_id,
        run_link=asked.run_link or "",
        model_id=model_id,
        tags=limits.tags(asked.tags, limits.REGISTRY_TAG_LENGTH),
    )


def _runs_in(source: str) -> list[str]:
    """`runs:/{id}/…` and a run's own folder are somebody's: they have to be this workspace's."""
    return re.findall(rf"(?:^runs:/+|{RUNS_FOLDER}/dcid\.)([^/]+)", source)


def _logged_model(source: str) -> str:
    """`models:/m-…` names a logged model; with a slash it would name a version."""
    rest = source.removeprefix("models:/")
    is_one = source.startswith("models:/") and "/" not in rest.strip("/") and "@" not in rest
    if is_one and not rest.startswith("m-"):
        raise Invalid(f"Invalid model version source: `{source}`.")
    return rest.strip("/") if is_one else ""


def _shown(request: Request, registry: Registry, one: ModelVersion) -> dict[str, object]:
    return answers.model_version(one, registry.aliases(one), request.roots)


def _whole(request: Request, registry: Registry, model: RegisteredModel) -> dict[str, object]:
    latest = []
    for one in registry.latest(model.name, ()):
        aliases = [alias for alias, version in model.aliases.items() if version == one.version]
        latest.append(answers.model_version(one, aliases, request.roots))
    return answers.registered_model(model, latest)


async def _ask(request: Request, work: Callable[[Registry], T]) -> T:
    registry = request.registry()
    answer = await asyncio.to_thread(work, registry)
    request.warnings += registry.warnings
    return answer


async def _done(request: Request, work: Callable[[Registry], None]) -> bytes:
    await _ask(request, work)
    return answers.EMPTY


async def _model(request: Request, work: Callable[[Registry], RegisteredModel]) -> bytes:
    return await _ask(
        request, lambda r: answers.encode({"registered_model": _whole(request, r, work(r))})
    )


async def _version(request: Request, work: Callable[[Registry], ModelVersion]) -> bytes:
    def whole(registry: Registry) -> bytes:
        found = work(registry)
        return answers.encode({"model_version": _shown(request, registry, found)})

    return await _ask(request, whole)
