"""Conventions for what people make inside workspaces, each a resource of the estate."""

from __future__ import annotations

from collections.abc import Iterator

from ..desired import Desired, Json
from ..spec import Convention, Estate

TYPE = "Mlestate.Organization/namingConventions"


def conventions(estate: Estate) -> Iterator[Desired]:
    for kind, convention in estate.conventions.said.items():
        yield Desired(f"/providers/{TYPE}/{kind}", TYPE, {"properties": _properties(convention)})


def _properties(convention: Convention) -> dict[str, Json]:
    """All of it, the empty parts too: what the file no longer says is then no longer there."""
    return {
        "name": convention.name,
        "displayName": convention.display_name,
        "tags": _tags(convention.tags),
        "allowedTags": _tags(convention.allowed_tags),
        "environments": convention.environments,
        "otherwise": convention.otherwise,
    }


def _tags(rules: dict[str, tuple[str, ...]]) -> list[Json]:
    return [{"name": name, "values": values} for name, values in rules.items()]
