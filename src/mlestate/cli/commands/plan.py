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
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain",
            metavar="KEY",
            help="Say where a value comes from instead: fraud.prod, fraud.prod.storageAuth, "
            "mlw-fraud-prod, regions.home.",
        ),
    ] = None,
    url: Url = "",
    output: Output = Format.table,
) -> int:
    """Say what would change to make an estate file real, and change nothing.

    Exit code: 0 nothing to do, 2 there are changes, 1 an error.
    """
    from ...client.client import several
    from ...estate.applying.reconcile import survey
    from .. import headroom
    from ..files import wanted
    from ..output import show
    from ..plans import as_document, as_text
    from ..reach import connect
    from ..saving import need_room, save

    if explain is not None:
        return _explain(file, explain, output)
    if out is not None:
        need_room(out)
    asked = wanted(file, prune)
    with connect(data, url) as client, several() as workers:
        found = survey(asked, client, workers)
    if out is not None:
        save(found, asked.name, out)
    desired = list(found.desired.values())
    whole = {**as_document(found), "headroom": headroom.as_document(desired)}
    room = f"{headroom.as_text(desired)}\n\n" if found.plan.changes else ""
    show(whole, output, lambda: room + as_text(found, str(file)))
    return found.plan.exit_code


def _explain(file: Path, key: str, output: Format) -> int:
    """Of the file alone: no estate has to run."""
    from ...estate.layout.explain import explain
    from ..explanations import as_document, as_text
    from ..output import show
    from ..reach import spec_and_source

    found = explain(*spec_and_source(file), key)
    show(as_document(found), output, lambda: as_text(found))
    return 0
