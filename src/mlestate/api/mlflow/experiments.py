"""`experiments/…`"""

from __future__ import annotations

import msgspec

from ...core.conventions import New, made_by_itself
from ...core.errors import Invalid
from ...core.tracking import Pair
from ...store.tracking import experiments as rows
from ...tracking import experiments, limits
from . import answers
from .request import Request


class _Create(msgspec.Struct):
    name: str | None = None
    artifact_location: str | None = None
    tags: list[Pair] = []


class _ById(msgspec.Struct):
    experiment_id: str = ""
    new_name: str | None = None
    key: str = ""
    value: str | None = ""


class _ByName(msgspec.Struct):
    experiment_name: str = ""


class _Search(msgspec.Struct):
    max_results: int | None = None
    page_token: str | None = None
    filter: str | None = ""
    order_by: list[str] = []
    view_type: str | None = None


async def create(request: Request) -> bytes:
    asked = await request.json(_Create)
    if asked.artifact_location:
        raise Invalid(
            "`artifact_location` cannot be chosen: artifacts belong to the workspace's own "
            "storage. Leave it out."
        )
    await _admit(request, asked.name)
    number = await request.store.submit(
        lambda group: experiments.create(group, request.key, asked.name, asked.tags, request.now)
    )
    await request.record_part("experiments", str(number))
    await request.record_warnings("experiments", asked.name or "")
    return answers.encode({"experiment_id": str(number)})


async def get(request: Request) -> bytes:
    asked = request.query(_ById)
    found = await request.store.reading(
        lambda session: experiments.get(session, request.key, asked.experiment_id)
    )
    return answers.encode({"experiment": answers.experiment(found, request.roots)})


async def get_by_name(request: Request) -> bytes:
    asked = request.query(_ByName)
    found = await request.store.reading(
        lambda session: experiments.get_by_name(session, request.key, asked.experiment_name)
    )
    return answers.encode({"experiment": answers.experiment(found, request.roots)})


async def search(request: Request) -> bytes:
    asked = await request.asked(_Search)
    limit = limits.results(asked.max_results, 1000, 50_000)
    found, token = await request.store.reading(
        lambda session: experiments.search(
            session,
            request.key,
            asked.filter or "",
            asked.order_by,
            asked.view_type or "",
            limit,
            asked.page_token,
        )
    )
    bodies = [answers.experiment(one, request.roots) for one in found]
    return answers.page("experiments", bodies, token)


async def update(request: Request) -> bytes:
    asked = await request.json(_ById)
    await _admit(request, asked.new_name)
    await request.store.submit(
        lambda group: experiments.rename(
            group, request.key, asked.experiment_id, asked.new_name, request.now
        )
    )
    await request.record_part("experiments", asked.experiment_id)
    await request.record_warnings("experiments", asked.new_name or "")
    return answers.EMPTY


async def delete(request: Request) -> bytes:
    asked = await request.json(_ById)
    await request.store.submit(
        lambda group: experiments.delete(group, request.key, asked.experiment_id, request.now)
    )
    await request.record_part("experiments", asked.experiment_id)
    return answers.EMPTY


async def restore(request: Request) -> bytes:
    asked = await request.json(_ById)
    await request.store.submit(
        lambda group: experiments.restore(group, request.key, asked.experiment_id, request.now)
    )
    await request.record_part("experiments", asked.experiment_id)
    return answers.EMPTY


async def set_tag(request: Request) -> bytes:
    asked = await request.json(_ById)
    tag = Pair(asked.key, asked.value)
    await request.store.submit(
        lambda group: experiments.set_tag(group, request.key, asked.experiment_id, tag, request.now)
    )
    await request.record_part("experiments", asked.experiment_id)
    return answers.EMPTY


async def delete_tag(request: Request) -> bytes:
    asked = await request.json(_ById)
    await request.store.submit(
        lambda group: experiments.delete_tag(group, request.key, asked.experiment_id, asked.key)
    )
    await request.record_part("experiments", asked.experiment_id)
    return answers.EMPTY


async def _admit(request: Request, name: str | None) -> None:
    """Of a name that the workspace has already, whoever asks is told that it is taken."""
    new = New(of="experiments", name=name or "")
    if made_by_itself(new.of, new.name) or not request.names.asked(new.of):
        return
    there = await request.store.reading(
        lambda session: rows.find_by_name(session, request.key, new.name)
    )
    if there is None:
        await request.admit(new)
