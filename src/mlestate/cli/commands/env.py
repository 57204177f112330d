from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ..options import Data, Url, Workspace


class Shape(StrEnum):
    sh = "sh"
    json = "json"
    dotenv = "dotenv"


def command(
    data: Data,
    workspace: Workspace = "",
    as_: Annotated[
        str, typer.Option("--as", metavar="USER", help="As this user or service principal.")
    ] = "",
    format: Annotated[Shape, typer.Option("--format", help="How to print.")] = Shape.sh,
    url: Url = "",
) -> None:
    """Print the variables that make official clients talk to this estate.

    eval "$(mlestate env --workspace mlw-fraud-dev --as ana)"
    """
    from ..variables import render, variables

    print(render(variables(data, url, workspace, as_), format.value))
