"""What owners should know at once: requests that wait, and glasses that are broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core.errors import PlatformError
from .reach import connect
from .requests import row, waiting


def urgent(data: Path, url: str) -> list[dict[str, Any]]:
    """Those that the caller may see; none where nobody is logged in."""
    try:
        with connect(data, url) as client:
            found = waiting(client)
    except PlatformError:
        return []
    return [{key: value for key, value in row(each).items() if value} for each in found]
