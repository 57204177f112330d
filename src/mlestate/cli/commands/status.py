from __future__ import annotations

from ..options import Data, Format, Output


def command(data: Data, output: Output = Format.table) -> None:
    """Say what is running, how it is, and how the last apply of each estate ended."""
    from ...app import processes
    from ..applied import applied
    from ..output import show
    from ..urgent import urgent

    said = processes.status(data)
    if said.get("ready"):
        said["applied"] = applied(data, said["url"])
        if found := urgent(data, said["url"]):
            said["requests"] = found
    show(said, output)
