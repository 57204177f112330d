from __future__ import annotations

from ..options import Data, Format, Output, Url


def command(data: Data, url: Url = "", output: Output = Format.table) -> None:
    """Say who you are towards the estate."""
    from ..output import show
    from ..reach import connect

    with connect(data, url) as client:
        show(client.get("/estate/v1/me"), output)
