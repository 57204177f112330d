from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..options import Data, Format, Output, Url


def command(
    data: Data,
    query: Annotated[
        str,
        typer.Argument(metavar="[QUERY]", help="Such as 'Resources | summarize count() by type'."),
    ] = "",
    file: Annotated[
        Path | None, typer.Option("--file", "-f", metavar="FILE", help="The query, in a file.")
    ] = None,
    subscription: Annotated[
        list[str] | None,
        typer.Option("--subscription", "-s", metavar="ID", help="In this one; may be given again."),
    ] = None,
    first: Annotated[
        int, typer.Option("--first", min=1, metavar="COUNT", help="At most so many rows.")
    ] = 100,
    skip: Annotated[
        int, typer.Option("--skip", min=0, metavar="COUNT", help="Leave out so many before.")
    ] = 0,
    every: Annotated[bool, typer.Option("--all", help="Every row there is.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="As comma-separated values.")] = False,
    tables: Annotated[
        bool, typer.Option("--tables", help="Say which tables and columns there are instead.")
    ] = False,
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """Query everything you may read, in Azure Resource Graph's language."""
    from ..queries import Wanted, run, say_tables
    from ..reach import connect

    if tables:
        return say_tables(output)
    wanted = Wanted(query, file, tuple(subscription or ()), None if every else first, skip)
    wanted.check()
    with connect(data, url) as client:
        run(client, wanted, output, csv)
    return None
