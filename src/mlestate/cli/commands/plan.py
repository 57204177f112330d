from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..options import Data, File, Format, Output, Url


def command(
    file: File,
    data: Data,
    url: Url = "",
    explain: Annotated[
        str,
        typer.Option(
            "--explain",
            metavar="KEY",
            help="Say where a value comes from instead: fraud.prod, fraud.prod.storageAuth, "
            "mlw-fraud-prod, regions.home.",
        ),
    ] = "",
    output: Output = Format.table,
) -> int:
    """Say what would change to make an estate file real, and change nothing.

    Exit code: 0 nothing to do, 2 there are changes, 1 an error.
    """
    from ...client.client import several
    from ...estate.compile import compile_estate
    from ...estate.plan import plan
    from .. import headroom
    from ..output import show
    from ..plans import as_document, as_text
    from ..reach import connect, spec

    if explain:
        return _explain(file, explain, output)
    desired = compile_estate(spec(file))
    with connect(data, url) as client, several() as workers:
        found = plan(desired, client, workers)
    whole = {**as_document(found), "headroom": headroom.as_document(desired)}
    room = f"{headroom.as_text(desired)}\n\n" if found.changes else ""
    show(whole, output, lambda: room + as_text(found))
    return found.exit_code


def _explain(file: Path, key: str, output: Format) -> int:
    """Of the file alone: no estate has to run."""
    from ...estate.explain import explain
    from ..explanations import as_document, as_text
    from ..output import show
    from ..reach import spec_and_source

    found = explain(*spec_and_source(file), key)
    show(as_document(found), output, lambda: as_text(found))
    return 0
