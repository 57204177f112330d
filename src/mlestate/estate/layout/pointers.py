"""What the file points at: `SOLUTION/ENVIRONMENT` of this estate, an id of Azure, or a name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .places import Workspace

# `fraud/prod`; in more regions than one, `fraud/prod/eastus` for one that is not its own.
PLACE = re.compile(r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*(?:/[a-z0-9]+)?")


class Pointers:
    """Finds the workspace whose storage or vault is meant; None for what is not of this estate."""

    def __init__(self, workspaces: Iterable[Workspace]):
        self._places: dict[str, Workspace] = {}
        self._storage: dict[str, Workspace] = {}
        for each in workspaces:
            place = f"{each.solution.id}/{each.environment}"
            self._places[f"{place}/{each.region}"] = each
            if each.region == each.solution.region:
                self._places[place] = each
            self._storage[each.id("storage").lower()] = each
            self._storage[each.names["storage"].lower()] = each

    @property
    def places(self) -> list[str]:
        return list(self._places)

    def instead_of(self, text: str) -> str:
        """Where the project of `PROJECT/ENVIRONMENT` works, if it has no workspace of its own."""
        project, _, rest = text.partition("/")
        for place, each in self._places.items():
            if project in each.solution.projects and place.partition("/")[2] == rest:
                return place
        return ""

    def at(self, text: str) -> Workspace | None:
        """By its place alone."""
        return self._places.get(text)

    def storage(self, text: str) -> Workspace | None:
        """By place, id or name of the account."""
        return self._places.get(text) or self._storage.get(text.lower())


def vault_id(text: str, pointers: Pointers) -> str:
    """The id of an existing vault, as the file names it."""
    workspace = pointers.at(text)
    return workspace.id("vault") if workspace else text
