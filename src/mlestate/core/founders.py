"""Who is there before any file: the administrator, and an agent for each region."""

from __future__ import annotations

from .data import regions

ADMINISTRATOR = "admin"
_AGENT = "agent-"


def agent_name(region: str) -> str:
    return f"{_AGENT}{region}"


def is_founder(name: str) -> bool:
    """Names compare without case, over all kinds of principals."""
    known = name.lower()
    region = known.removeprefix(_AGENT)
    return known == ADMINISTRATOR or (region != known and region in regions())
