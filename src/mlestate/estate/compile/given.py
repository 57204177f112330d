"""Assignments and denials at one scope, as `assignments` and `denials` declare them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...core.rights import EVERYONE
from ..desired import DENIALS, Desired, Json
from ..layout.logical import of_workspace
from ..layout.places import Workspace
from ..layout.scopes import scopes
from ..spec import Denial, Estate
from .access import assignment, definition
from .identities import object_id


def assignments(estate: Estate, workspaces: list[Workspace]) -> Iterator[Desired]:
    for name, said in estate.assignments.items():
        for scope, workspace in scopes(estate, workspaces, said.at):
            for one in said.to:
                key = of_workspace(workspace, f"assignment {name} to {one}") if workspace else ""
                kind = estate.principals[one]
                principal = object_id(estate.id, kind, one)
                yield assignment(scope, definition(estate, said.role), principal, key, kind)


def denials(estate: Estate, workspaces: list[Workspace]) -> Iterator[Desired]:
    for name, said in estate.denials.items():
        for scope, workspace in scopes(estate, workspaces, said.at):
            key = of_workspace(workspace, f"denial {name}") if workspace else ""
            body: dict[str, Json] = {"properties": _denied(estate, said)}
            yield Desired(f"{scope}/providers/{DENIALS}/{name}", DENIALS, body, key=key)


def _denied(estate: Estate, said: Denial) -> dict[str, Json]:
    permission: dict[str, Json] = {
        "actions": said.actions,
        "notActions": said.not_actions,
        "dataActions": said.data_actions,
        "notDataActions": said.not_data_actions,
    }
    everyone: list[Json] = [{"id": EVERYONE, "type": "SystemDefined"}]
    return {
        "description": said.description,
        "permissions": [permission],
        "principals": list(_named(estate, said.to)) or everyone,
        "excludePrincipals": list(_named(estate, said.except_)),
        "doNotApplyToChildScopes": not said.below,
    }


def _named(estate: Estate, names: Iterable[str]) -> Iterator[Json]:
    for name in names:
        kind = estate.principals[name]
        yield {"id": object_id(estate.id, kind, name), "type": kind}
