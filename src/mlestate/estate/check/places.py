"""The estate's own id, its subscriptions, its regions, and its environments' names."""

from __future__ import annotations

import re

from ...core import data, naming
from ..reading.source import Path, Source, suggest
from ..spec import Estate
from .words import key, word

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

# A domain as DNS has it: two labels or more.
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+")


def check(estate: Estate, source: Source) -> None:
    word(source, ("id",), estate.id, "the estate's id")
    _tenant(estate, source)
    _subscriptions(estate, source)
    _regions(estate, source)
    for name in estate.environments:
        key(source, ("environments", name), name, "an environment's id")
    _one_vocabulary(estate, source)


def _one_vocabulary(estate: Estate, source: Source) -> None:
    """`prod` beside `production` is one environment by two names."""
    for name in estate.environments:
        short = naming.short_environment(name)
        if short != name and short in estate.environments:
            text = f"`{name}` and `{short}` mean the same environment: keep one of them"
            source.key_fault(("environments", name), text)


def _tenant(estate: Estate, source: Source) -> None:
    tenant = estate.azure.tenant
    if tenant and not (DOMAIN.fullmatch(tenant) or GUID.fullmatch(tenant)):
        text = f"`{tenant}` is no directory: write its domain, such as `contoso.example`, or its id"
        source.fault(("azure", "tenant"), text)


def _subscriptions(estate: Estate, source: Source) -> None:
    seen: dict[str, str] = {}
    for name, guid in estate.azure.subscriptions.items():
        path: Path = ("azure", "subscriptions", name)
        if guid and not GUID.fullmatch(guid):
            source.fault(path, f"`{guid}` is not a subscription id: write a GUID")
        elif guid and (other := seen.setdefault(guid.lower(), name)) != name:
            source.fault(path, f"`{name}` has the id of `{other}`: give each its own, or keep one")


def _regions(estate: Estate, source: Source) -> None:
    home, allowed = estate.regions.home, estate.regions.allowed
    _region(source, ("regions", "home"), home)
    for i, region in enumerate(allowed):
        _region(source, ("regions", "allowed", i), region)
    if home in data.regions() and allowed and home not in allowed:
        source.fault(("regions", "home"), f"the home region `{home}` is not in `regions.allowed`")


def _region(source: Source, path: Path, region: str) -> None:
    known = data.regions()
    if not region or region in known:
        return
    alias = region.lower()
    meant = [each.id for each in known.values() if alias in (each.display.lower(), *each.aliases)]
    source.fault(path, f"unknown region `{region}`{suggest(meant[0] if meant else region, known)}")
