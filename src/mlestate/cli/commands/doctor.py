from __future__ import annotations

from typing import Annotated

import typer

from ..options import Data, Format, Output, Url


def command(
    data: Data,
    port: Annotated[
        int, typer.Option("--port", help="The port of `mlestate up`, else of the settings.")
    ] = 0,
    url: Url = "",
    output: Output = Format.table,
) -> int:
    """Check this machine and the estate, and say how to mend what is wrong.

    Exit code: 1 when something keeps an estate from running, else 0.
    """
    from ..health import examine
    from ..output import show, table

    findings = [each._asdict() for each in examine(data, port, url)]
    show(findings, output, lambda: table(findings, ("verdict", "check", "detail", "mend")))
    return 1 if any(each["verdict"] == "bad" for each in findings) else 0
