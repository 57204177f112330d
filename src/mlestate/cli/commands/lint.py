from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ..options import File, Format, Output

Against = Annotated[
    Path | None,
    typer.Option(
        "--against",
        metavar="OLDFILE",
        help="Say only what FILE opens that OLDFILE did not; `-` is standard input.",
    ),
]


def command(file: File, against: Against = None, output: Output = Format.table) -> int:
    """Say what is unwise in an estate file that holds together, each with what to do.

    Exit code: 0 nothing was found, 2 something was, 1 an error.
    """
    from ...estate.lint.lint import lint, lint_change
    from ..findings import as_documents, as_text
    from ..output import show
    from ..reach import whole

    today = datetime.now(UTC).date()
    texts = whole(file)
    found = lint_change(whole(against), texts, today) if against else lint(texts, today)
    show(as_documents(found), output, lambda: as_text(found))
    return 2 if found else 0
