"""The VM sizes that are known, with what they have and cost. Sources are named in the data file."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec


class VmSku(msgspec.Struct, frozen=True, rename="camel"):
    """Prices are list prices in USD per hour, Linux, on demand, by region. Some sizes
    have a part of a GPU."""

    name: str
    family: str
    v_cpus: int = msgspec.field(name="vCPUs")
    kind: str = msgspec.field(name="class")
    memory_gib: float = msgspec.field(name="memoryGiB")
    usd_per_hour: dict[str, float] = msgspec.field(name="usdPerHourLinux")
    gpu_count: float = 0
    gpu: str | None = None


class _File(msgspec.Struct, frozen=True):
    skus: tuple[VmSku, ...]


@cache
def all_skus() -> tuple[VmSku, ...]:
    text = resources.files(__package__).joinpath("data/vm-skus.json").read_bytes()
    return msgspec.json.decode(text, type=_File).skus


@cache
def _by_name() -> dict[str, VmSku]:
    return {sku.name.lower(): sku for sku in all_skus()}


def find(name: str) -> VmSku | None:
    """A size by its name; case does not count."""
    return _by_name().get(name.lower())
