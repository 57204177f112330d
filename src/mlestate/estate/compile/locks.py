"""What is kept from being deleted: a lock on each part of a workspace that the file names."""

from __future__ import annotations

from collections.abc import Iterator

from ..desired import LOCKS, Desired
from ..layout.logical import of_workspace
from ..layout.places import Workspace

NAME = "mlestate-keep"
_KINDS = {"keyvault": "vault"}


def locks(workspaces: list[Workspace]) -> Iterator[Desired]:
    for workspace in workspaces:
        for word in dict.fromkeys(workspace.settings.lock or ()):
            kind = _KINDS.get(word, word)
            target = workspace.group if kind == "resourceGroup" else workspace.id(kind)
            notes = f"{workspace.solution.id} in {workspace.environment}, by the estate's file"
            yield Desired(
                f"{target}/providers/{LOCKS}/{NAME}",
                LOCKS,
                {"properties": {"level": "CanNotDelete", "notes": notes}},
                key=of_workspace(workspace, f"lock {word}"),
            )
