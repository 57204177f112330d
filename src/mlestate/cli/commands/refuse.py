from __future__ import annotations

from typing import Annotated

import typer

from ..options import Data, Url
from .access_requests import Id


def command(
    data: Data,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    id: Id = "",
    url: Url = "",
) -> None:
    """Refuse a request for a role, and say why."""
    from ..output import note
    from ..reach import connect
    from ..requests import decide

    with connect(data, url) as client:
        note(decide(client, id, "Deny", reason))
