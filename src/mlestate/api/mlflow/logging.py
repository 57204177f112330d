"""What a run logs. The hottest addresses of all: decode, check, hand to the writer, await disk."""

from __future__ import annotations

import msgspec

from ...core.errors import Invalid
from ...core.tracking import DatasetInput, Metric, ModelLink, Pair
from ...tracking import limits, logging
from . import answers
from .request import LARGE_BODY, Request, decode


class _Metric(Metric, gc=False, kw_only=True):
    run_id: str = ""
    run_uuid: str = ""


class _Pair(Pair, gc=False, kw_only=True):
    run_id: str = ""
    run_uuid: str = ""


class _Batch(msgspec.Struct, gc=False):
    run_id: str = ""
    metrics: list[Metric] = []
    params: list[Pair] = []
    tags: list[Pair] = []


class _DeleteTag(msgspec.Struct):
    run_id: str = ""
    key: str = ""


class _Inputs(msgspec.Struct):
    run_id: str = ""
    datasets: list[DatasetInput] = []
    models: list[ModelLink] = []


class _Model(msgspec.Struct):
    run_id: str = ""
    model_json: str = ""


class _Described(msgspec.Struct):
    """What must be in a model's description."""

    artifact_path: str
    flavors: dict[str, msgspec.Raw]
    utc_time_created: str
    run_id: str


async def metric(request: Request) -> bytes:
    asked = await request.json(_Metric)
    batch = logging.Batch(request.key, asked.run_id or asked.run_uuid, [asked])
    await request.store.submit(batch)
    return answers.EMPTY


async def param(request: Request) -> bytes:
    asked = await request.json(_Pair)
    batch = logging.Batch(request.key, asked.run_id or asked.run_uuid, params=[asked])
    await request.store.submit(batch)
    return answers.EMPTY


async def tag(request: Request) -> bytes:
    asked = await request.json(_Pair)
    batch = logging.Batch(request.key, asked.run_id or asked.run_uuid, tags=[asked])
    await request.store.submit(batch)
    return answers.EMPTY


async def batch(request: Request) -> bytes:
    asked = await request.json(_Batch)
    limits.batch(asked.metrics, asked.params, asked.tags)
    await request.store.submit(
        logging.Batch(request.key, asked.run_id, asked.metrics, asked.params, asked.tags)
    )
    return answers.EMPTY


async def delete_tag(request: Request) -> bytes:
    asked = await request.json(_DeleteTag)
    await request.store.submit(
        lambda group: logging.delete_tag(group, request.key, asked.run_id, asked.key)
    )
    return answers.EMPTY


async def inputs(request: Request) -> bytes:
    asked = await request.json(_Inputs, LARGE_BODY)
    await request.store.submit(
        lambda group: logging.log_inputs(
            group, request.key, asked.run_id, asked.datasets, asked.models
        )
    )
    return answers.EMPTY


async def outputs(request: Request) -> bytes:
    asked = await request.json(_Inputs)
    await request.store.submit(
        lambda group: logging.log_outputs(group, request.key, asked.run_id, asked.models)
    )
    return answers.EMPTY


async def model(request: Request) -> bytes:
    """MLflow 2's way of noting a model: a tag with the list of all models of the run."""
    asked = await request.json(_Model)
    if not asked.model_json:
        raise Invalid("Missing value for required parameter 'model_json'.")
    described = decode(asked.model_json.encode(), _Described)
    noted = msgspec.json.decode(asked.model_json)
    # Flavors name what their own config holds; the list only tells which model that was.
    noted["flavors"] = {name: {} for name in described.flavors}
    await request.store.submit(
        lambda group: logging.note_model(group, request.key, asked.run_id, noted)
    )
    return answers.EMPTY
