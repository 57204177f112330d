from __future__ import annotations

from typing import Annotated

import typer


def command(
    part: Annotated[
        bool, typer.Option("--part", help="Of a file that the estate's own file includes.")
    ] = False,
) -> None:
    """Print the JSON Schema of an estate file, for completion in editors."""
    import json

    from ...estate.reading import schema

    print(json.dumps(schema.part() if part else schema.schema(), indent=1))
