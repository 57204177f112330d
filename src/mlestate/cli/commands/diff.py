from __future__ import annotations

from typing import Annotated

import typer

from ..options import Data, Format, Output, Url


def command(
    data: Data,
    estate: Annotated[
        str, typer.Option("--estate", metavar="ID", help="Which, where several were applied.")
    ] = "",
    url: Url = "",
    output: Output = Format.table,
) -> int:
    """Say what was changed since the estate file was applied last. Needs no file.

    Exit code: 0 nothing was, 2 there is drift, 1 an error.
    """
    from ...client.client import several
    from ...estate.planning.drift import choose, drift
    from ..drifts import as_document, as_text
    from ..files import today
    from ..output import show
    from ..reach import connect

    with connect(data, url) as client, several() as workers:
        found = drift(choose(client, estate), client, workers, today())
    show(as_document(found), output, lambda: as_text(found))
    return found.exit_code
