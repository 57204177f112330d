"""What `at` names: the whole estate, a subscription, or the resource groups of a solution."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog.management import ROOT_ID
from ..spec import Estate
from .places import Workspace, subscription

WHOLE = "estate"


def scopes(
    estate: Estate, workspaces: list[Workspace], at: str
) -> Iterator[tuple[str, Workspace | None]]:
    """Each with the workspace whose group it is."""
    solution, slash, environment = at.partition("/")
    if slash:
        for each in workspaces:
            if (each.solution.id, each.environment) == (solution, environment):
                yield each.group, each
    elif at == WHOLE:
        yield ROOT_ID, None
    else:
        yield subscription(estate, at), None
