from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..options import Data, File, Format, Output, Prune, Url


def command(
    file: File,
    data: Data,
    prune: Prune = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PLAN", help="Save it, for `mlestate apply PLAN`."),
    ] = None,
    url: Url = "",
    output: Output = Format.table,
) -> int:
    """Say what would change to make an estate file real, and change nothing.

    Exit code: 0 nothing to do, 2 there are changes, 1 an error.
    """
    from ...client.client import several
    from ...estate import saved
    from ...estate.reconcile import survey
    from ..files import wanted
    from ..output import show
    from ..plans import as_document, as_text
    from ..reach import connect

    asked = wanted(file, prune)
    with connect(data, url) as client, several() as workers:
        found = survey(asked, client, workers)
    if out is not None:
        out.write_bytes(saved.save(found, asked.name))
    show(as_document(found), output, lambda: as_text(found))
    return found.plan.exit_code
