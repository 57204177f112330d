from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..options import Data


def command(
    data: Data,
    file: Annotated[
        Path | None, typer.Argument(metavar="[ESTATE.yaml]", help="Applied when all is up.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="The port of the HTTPS address, else 8443.")
    ] = None,
    dev: Annotated[
        bool, typer.Option("--dev", help="The administrator may act as any declared user.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Go on in the background.")] = False,
) -> int:
    """Start everything on this machine, and apply an estate file.

    Stays in the foreground; Ctrl-C stops it cleanly. Run again, it goes on where it was.
    """
    from ..reach import spec

    if file is not None:
        spec(file)  # a broken file is refused before anything starts

    from ...app.up import run

    return int(run(str(file) if file else None, data, port, dev, detach))
