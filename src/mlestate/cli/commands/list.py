from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..options import Data, Format, Output, Type, Url, Workspace

if TYPE_CHECKING:
    from ...client.client import Client

COLUMNS = (
    "name",
    "version",
    "location",
    "state",
    "role",
    "scope",
    "until",
    "pattern",
    "otherwise",
    "object id",
    "id",
)


def command(
    type: Type,
    data: Data,
    workspace: Workspace = "",
    name: Annotated[
        str, typer.Option("--name", "-n", help="List the versions of this asset instead.")
    ] = "",
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """List the resources of a type."""
    from ..address import collection, versions
    from ..kinds import kind
    from ..output import note, show
    from ..reach import connect

    asked = kind(type)
    with connect(data, url) as client:
        found = (
            versions(client, asked, name, workspace)
            if name
            else collection(client, asked, workspace)
        )
        rows = list(found)
        if not rows:
            note(f"there is no {asked.word} that you may read")
        show(rows, output, lambda: _table(client, rows))


def _table(client: Client, rows: Sequence[Mapping[str, Any]]) -> str:
    from .. import grants
    from ..output import table

    if rows and all(map(grants.is_grant, rows)):
        return table(grants.rows(client, rows), grants.COLUMNS)
    return table([_row(each) for each in rows], COLUMNS)


def _row(document: Mapping[str, Any]) -> dict[str, Any]:
    properties = document.get("properties") or {}
    return {
        "name": document.get("name") or document.get("displayName"),
        "location": document.get("location"),
        "state": properties.get("status") or properties.get("provisioningState"),
        "version": properties.get("latestVersion"),
        "role": properties.get("roleName") or properties.get("role"),
        "scope": properties.get("scope"),
        "until": properties.get("activeUntil") or properties.get("endDateTime"),
        "pattern": properties.get("name"),
        "otherwise": properties.get("otherwise"),
        "object id": document.get("objectId"),
        "id": document.get("id"),
    }
