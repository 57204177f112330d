"""How near an estate comes to Azure's limits, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..estate.desired import Desired
from ..estate.planning.headroom import Use, headroom, tightest


def as_document(desired: Sequence[Desired]) -> list[dict[str, Any]]:
    return [
        {"what": use.what, "where": list(use.where), "used": use.used, "limit": use.limit}
        for use in headroom(desired)
    ]


def as_text(desired: Sequence[Desired]) -> str:
    uses = tightest(headroom(desired))
    if not uses:
        return ""
    names = _subscriptions(desired)
    lines = [_line(use, names) for use in uses]
    return "\n".join(["headroom under Azure's limits, where it is tightest:", *lines])


def _line(use: Use, names: Mapping[str, str]) -> str:
    where = ", ".join([names.get(use.where[0], use.where[0]), *use.where[1:]])
    limit = f"of {use.limit}" if use.limit is not None else "asked for at most"
    mark = "  over: spread it over more subscriptions" if use.over else ""
    return f"  {use.what}: {use.used} {limit} ({where}){mark}"


def _subscriptions(desired: Sequence[Desired]) -> dict[str, str]:
    return {
        each.id.rsplit("/", 1)[-1]: str(each.body.get("displayName"))
        for each in desired
        if each.type == "Microsoft.Resources/subscriptions"
    }
