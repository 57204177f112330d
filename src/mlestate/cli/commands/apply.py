from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..options import Data, Format, Output, Prune, Url


def command(
    data: Data,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE|PLAN", help="An estate file, or a saved plan.")
    ] = None,
    prune: Prune = False,
    delete_data: Annotated[
        list[str] | None,
        typer.Option(
            "--delete-data",
            metavar="NAME",
            help="With --prune: this may be deleted with the data in it. Can be repeated.",
        ),
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option("--watch", metavar="DIR", help="Go on applying the file of a folder."),
    ] = None,
    every: Annotated[
        str, typer.Option("--every", metavar="TIME", help="With --watch: at least so often.")
    ] = "",
    url: Url = "",
    output: Output = Format.table,
) -> int:
    """Make an estate file real. Cut off or refused in part, it is just run again.

    Exit code: 0 all is as the file says, 1 something was refused or kept.
    """
    from ...core.errors import Invalid
    from ..applying import apply_file
    from ..watching import watch_folder

    names = tuple(delete_data or ())
    if (file is None) == (watch is None):
        raise Invalid("name a FILE, or a folder with --watch")
    if watch is not None:
        return watch_folder(watch, every or "30s", data, url, prune, names, output)
    if every:
        raise Invalid("`--every` goes with `--watch DIR` alone")
    assert file is not None
    return apply_file(file, data, url, prune, names, output)
