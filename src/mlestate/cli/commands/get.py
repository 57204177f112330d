from __future__ import annotations

from ..options import Data, Format, Name, Output, Type, Url, Workspace


def command(
    type: Type,
    name: Name,
    data: Data,
    workspace: Workspace = "",
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """Show one resource."""
    from ...core.errors import NotFound
    from ..address import resource
    from ..kinds import kind
    from ..output import show
    from ..reach import connect

    with connect(data, url) as client:
        found = resource(client, kind(type), name, workspace)
        document = client.get(found)
    if document is None:
        raise NotFound(f"there is no `{found}`: `mlestate list {type}` shows what there is")
    show(document, output)
