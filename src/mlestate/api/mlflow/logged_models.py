"""`logged-models/…`"""

from __future__ import annotations

import msgspec

from ...core.errors import Invalid
from ...core.tracking import Pair
from ...tracking import limits, logged_models
from . import answers
from .address import MODELS_FOLDER, artifact_path
from .request import Request


class _Create(msgspec.Struct):
    experiment_id: str = ""
    name: str | None = None
    model_type: str | None = None
    source_run_id: str | None = None
    params: list[Pair] = []
    tags: list[Pair] = []


class _Get(msgspec.Struct):
    allow_deleted: str = "false"


class _Finalize(msgspec.Struct):
    status: str | int | None = None


class _Pairs(msgspec.Struct):
    tags: list[Pair] = []
    params: list[Pair] = []


class _Dataset(msgspec.Struct):
    dataset_name: str
    dataset_digest: str | None = None


class _Search(msgspec.Struct):
    experiment_ids: list[str] = []
    filter: str | None = ""
    datasets: list[_Dataset] = []
    max_results: int | None = None
    order_by: list[logged_models.ModelOrder] = []
    page_token: str | None = None


class _Folder(msgspec.Struct):
    artifact_directory_path: str = ""


async def create(request: Request) -> bytes:
    asked = await request.json(_Create)
    if not asked.experiment_id:
        raise Invalid("Missing value for required parameter 'experiment_id'.")
    model_id = f"m-{request.new_id()}"
    made = await request.store.submit(
        lambda group: logged_models.create(
            group,
            request.key,
            model_id,
            asked.experiment_id,
            asked.name,
            asked.model_type,
            asked.source_run_id,
            asked.params,
            asked.tags,
            request.now,
        )
    )
    return answers.encode({"model": answers.logged_model(made, request.roots)})


async def get(request: Request) -> bytes:
    deleted = request.query(_Get).allow_deleted.lower() == "true"
    found = await request.store.reading(
        lambda session: logged_models.get(session, request.key, _id(request), deleted)
    )
    return answers.encode({"model": answers.logged_model(found, request.roots)})


async def finalize(request: Request) -> bytes:
    asked = await request.json(_Finalize)
    found = await request.store.submit(
        lambda group: logged_models.finalize(
            group, request.key, _id(request), asked.status, request.now
        )
    )
    return answers.encode({"model": answers.logged_model(found, request.roots)})


async def delete(request: Request) -> bytes:
    await request.store.submit(
        lambda group: logged_models.delete(group, request.key, _id(request), request.now)
    )
    await request.record_part("loggedModels", _id(request))
    return answers.EMPTY


async def set_tags(request: Request) -> bytes:
    asked = await request.json(_Pairs)
    await request.store.submit(
        lambda group: logged_models.set_tags(group, request.key, _id(request), asked.tags)
    )
    await request.record_part("loggedModels", _id(request))
    return answers.EMPTY


async def delete_tag(request: Request) -> bytes:
    key = request.params["tag_key"]
    await request.store.submit(
        lambda group: logged_models.delete_tag(group, request.key, _id(request), key)
    )
    await request.record_part("loggedModels", _id(request))
    return answers.EMPTY


async def log_params(request: Request) -> bytes:
    asked = await request.json(_Pairs)
    await request.store.submit(
        lambda group: logged_models.log_params(group, request.key, _id(request), asked.params)
    )
    return answers.EMPTY


async def search(request: Request) -> bytes:
    asked = await request.json(_Search)
    limit = limits.results(asked.max_results, 100, 1000)
    found, token = await request.store.reading(
        lambda session: logged_models.search(
            session,
            request.key,
            asked.experiment_ids,
            asked.filter or "",
            asked.order_by,
            [(one.dataset_name, one.dataset_digest) for one in asked.datasets],
            limit,
            asked.page_token,
        )
    )
    bodies = [answers.logged_model(one, request.roots) for one in found]
    return answers.page("models", bodies, token)


async def artifacts(request: Request) -> bytes:
    inside = request.query(_Folder).artifact_directory_path.strip("/")
    model = await request.store.reading(
        lambda session: logged_models.get(session, request.key, _id(request))
    )
    path = artifact_path(f"{MODELS_FOLDER}/{model.model_id}/{inside}", folder=True)
    files = await request.artifacts.list(request.caller, request.workspace, path)
    head = f"{inside}/" if inside else ""
    listed = [msgspec.structs.replace(file, path=head + file.path) for file in files]
    return answers.encode({"root_uri": request.roots.model(model.model_id), "files": listed})


def _id(request: Request) -> str:
    return request.params["model_id"]
