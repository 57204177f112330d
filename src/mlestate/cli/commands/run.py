from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..options import Data, Url, Workspace

# What follows the command's name is its own, options included.
SETTINGS = {"allow_interspersed_args": False}


def command(
    command: Annotated[list[str], typer.Argument(metavar="COMMAND…", help="What to run.")],
    data: Data,
    workspace: Workspace = "",
    as_: Annotated[
        str, typer.Option("--as", metavar="USER", help="As this user, not as yourself.")
    ] = "",
    through: Annotated[
        list[str] | None,
        typer.Option("--through", metavar="HOST", help="Leave this host of Azure alone."),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say which host is answered by whom.")
    ] = False,
    url: Url = "",
) -> None:
    """Run a script that is written for Azure, unchanged, against this estate.

    mlestate run --as ana --workspace mlw-fraud-dev -- python train.py

    Azure's own host names lead to the estate while the command runs, and for it alone; all other
    hosts are reached as always. The exit code is the command's.
    """
    from ..unchanged import Wish, run

    # Not returned: a command that says 130 would be taken for this one, interrupted.
    sys.exit(run(data, url, command, Wish(as_, workspace, frozenset(through or ()), verbose)))
