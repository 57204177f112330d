from __future__ import annotations

from ..options import Data, Name, Type, Url, Workspace


def command(type: Type, name: Name, data: Data, workspace: Workspace = "", url: Url = "") -> None:
    """Delete a resource; waits until it is gone. Not an error when it was not there."""
    from ..address import resource
    from ..kinds import kind
    from ..output import note
    from ..reach import connect

    with connect(data, url) as client:
        found = resource(client, kind(type), name, workspace)
        was_there = client.delete(found)
    note(f"deleted `{found}`" if was_there else f"`{found}` was not there")
