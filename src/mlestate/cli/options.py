"""Options that many commands share."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    table = "table"
    json = "json"
    yaml = "yaml"


def default_data() -> Path:
    """Root's is where jobs under other users can be bound to their folders."""
    if named := os.environ.get("MLESTATE_DATA"):
        return Path(named)
    return Path("/var/lib/mlestate") if os.geteuid() == 0 else Path.home() / ".mlestate"


Data = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DIR",
        default_factory=default_data,
        show_default="~/.mlestate",
        help="The estate's data folder [env: MLESTATE_DATA].",
    ),
]
Url = Annotated[
    str,
    typer.Option("--url", metavar="URL", help="Where the estate answers [env: MLESTATE_URL]."),
]
Output = Annotated[Format, typer.Option("--output", "-o", help="How to print.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="An estate file.")]
Workspace = Annotated[
    str, typer.Option("--workspace", "-w", metavar="W", help="A workspace's name, or its id.")
]
Prune = Annotated[
    bool,
    typer.Option("--prune", help="Delete what the file made before and no longer has."),
]
Type = Annotated[
    str,
    typer.Argument(metavar="TYPE", help="`workspace`, `job`, `model`, … or Azure's own type."),
]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A name (`name:version`), or a whole id.")
]
