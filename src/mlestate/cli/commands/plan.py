from __future__ import annotations

from ..options import Data, File, Format, Output, Url


def command(file: File, data: Data, url: Url = "", output: Output = Format.table) -> int:
    """Say what would change to make an estate file real, and change nothing.

    Exit code: 0 nothing to do, 2 there are changes, 1 an error.
    """
    from ...client.client import several
    from ...estate.compile import compile_estate
    from ...estate.plan import plan
    from ..output import show
    from ..plans import as_document, as_text
    from ..reach import connect, spec

    desired = compile_estate(spec(file))
    with connect(data, url) as client, several() as workers:
        found = plan(desired, client, workers)
    show(as_document(found), output, lambda: as_text(found))
    return found.exit_code
