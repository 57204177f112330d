from __future__ import annotations

from ..options import Data, Url


def command(data: Data, url: Url = "") -> None:
    """Log out of the estate on this machine.

    A session that began on a page ends for good. You are the administrator of this machine again,
    where you may read its token file.
    """
    from ..output import note
    from ..person import log_out

    note(f"`{log_out(data, url)}` is logged out")
