"""Tables of Azure's own facts, each file naming its source. Read once, on first use."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec


class Region(msgspec.Struct, frozen=True):
    id: str
    display: str
    aliases: tuple[str, ...] = ()


class VmSize(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    family: str
    cpus: int = msgspec.field(name="vCPUs")
    memory_gib: float = msgspec.field(name="memoryGiB")


class _Regions(msgspec.Struct, frozen=True):
    regions: tuple[Region, ...]


class _VmSizes(msgspec.Struct, frozen=True):
    sizes: tuple[VmSize, ...]


def text(name: str) -> bytes:
    return files(__name__).joinpath(name).read_bytes()


@cache
def regions() -> dict[str, Region]:
    table = msgspec.json.decode(text("naming.json"), type=_Regions)
    return {region.id: region for region in table.regions}


@cache
def vm_sizes() -> dict[str, VmSize]:
    table = msgspec.json.decode(text("vm-sizes.json"), type=_VmSizes)
    return {size.name: size for size in table.sizes}
