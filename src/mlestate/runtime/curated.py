"""Azure's curated environments as pip requirements. Pure; the table is `data/curated.json`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import msgspec

# Where a curated environment's own name stands in the ways it is written.
_WAYS = (
    re.compile(
        r"(?i:azureml://registries/azureml)/environments/(?P<name>[^/]+)(?:/(?:labels|versions)/.*)?"
    ),
    re.compile(r"(?!azureml://)(?:.*/)?environments/(?P<name>[^/]+)(?:/(?:labels|versions)/.*)?"),
    re.compile(r"mcr\.microsoft\.com/azureml/curated/(?P<name>[^:@]+)(?:[:@].*)?"),
    re.compile(r"(?:azureml:)?(?P<name>[^/:@]+)(?:[:@].*)?"),
)


class Curated(msgspec.Struct, frozen=True):
    names: tuple[str, ...]
    requirements: tuple[str, ...]
    note: str = ""


class _Table(msgspec.Struct, frozen=True):
    base: tuple[str, ...]
    curated: tuple[Curated, ...]


def find(reference: str) -> Curated | None:
    """By ARM id, registry address, image or plain name, with or without `-ubuntu20.04-py38-cpu`."""
    name = plain_name(reference)
    if not name:
        return None
    found = [
        (len(known), one)
        for one in table().curated
        for known in one.names
        if name == known or name.startswith(known + "-")
    ]
    # The longest name is the most exact one.
    return max(found, key=lambda pair: pair[0])[1] if found else None


def plain_name(reference: str) -> str:
    for way in _WAYS:
        if found := way.fullmatch(reference.strip()):
            return found["name"].lower()
    return ""


def base() -> tuple[str, ...]:
    """What an environment has of which nothing but an unknown image is known."""
    return table().base


@cache
def table() -> _Table:
    body = files(__package__).joinpath("data/curated.json").read_bytes()
    return msgspec.json.decode(body, type=_Table)
