from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..options import Data, Format, Name, Output, Type, Url, Workspace


def command(
    type: Type,
    name: Name,
    data: Data,
    file: Annotated[
        Path, typer.Option("--file", "-f", metavar="BODY", help="YAML or JSON; `-` reads it here.")
    ],
    workspace: Workspace = "",
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """Make a resource, or change it to what a file says; waits until it is done."""
    from ..address import to_be
    from ..body import parse
    from ..kinds import kind
    from ..output import show
    from ..reach import connect, read_text

    body = parse(read_text(file), str(file))
    with connect(data, url) as client:
        show(client.put(to_be(client, kind(type), name, workspace), body), output)
