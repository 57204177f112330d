"""Tables of Azure's own facts, each file naming its source. Read once, on first use."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec


class Region(msgspec.Struct, frozen=True):
    id: str
    display: str
    aliases: tuple[str, ...] = ()
    # A code of common use; a region that has none is called by its id.
    short: str = ""

    @property
    def code(self) -> str:
        return self.short or self.id


class _Regions(msgspec.Struct, frozen=True):
    regions: tuple[Region, ...]


def text(name: str) -> bytes:
    return files(__name__).joinpath(name).read_bytes()


class _Operations(msgspec.Struct, frozen=True):
    actions: tuple[str, ...]


@cache
def operations() -> tuple[str, ...]:
    """Every operation that Azure publishes for Microsoft.MachineLearningServices."""
    return msgspec.json.decode(text("ml-operations.json"), type=_Operations).actions


@cache
def published() -> frozenset[str]:
    """The same in lower case."""
    return frozenset(each.lower() for each in operations())


@cache
def regions() -> dict[str, Region]:
    table = msgspec.json.decode(text("naming.json"), type=_Regions)
    return {region.id: region for region in table.regions}
