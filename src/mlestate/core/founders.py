"""Names that nobody else can have: the administrator's, an agent's of each region, and `me`."""

from __future__ import annotations

from functools import cache

from .data import regions
from .look_alikes import looks

ADMINISTRATOR = "admin"
# Who asks, in questions about access and in addresses.
MYSELF = "me"
_AGENT = "agent-"


def agent_name(region: str) -> str:
    return f"{_AGENT}{region}"


def is_founder(name: str) -> bool:
    """Names compare without case, over all kinds of principals."""
    known = name.lower()
    region = known.removeprefix(_AGENT)
    return known == ADMINISTRATOR or (region != known and region in regions())


def is_reserved(name: str) -> bool:
    """Whether no file may declare it."""
    return is_founder(name) or name.lower() == MYSELF


def looks_reserved(name: str) -> bool:
    """Whether people would take it for one that nobody else can have."""
    return not is_reserved(name) and looks(name) in _reserved_looks()


@cache
def _reserved_looks() -> frozenset[str]:
    names = (ADMINISTRATOR, MYSELF, *map(agent_name, regions()))
    return frozenset(map(looks, names))
