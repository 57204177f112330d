"""Which estate files were applied here, and how that ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core.errors import PlatformError
from ..estate.planning import record as records
from .plans import how_it_stands, record_document
from .reach import connect


def applied(data: Path, url: str) -> list[dict[str, Any]]:
    """Those that the caller may read; none where nobody is logged in."""
    try:
        with connect(data, url) as client:
            found = records.every(client)
    except PlatformError:
        return []
    return [{"estate": each.estate, **_said(each)} for each in found]


def _said(record: records.Record) -> dict[str, Any]:
    shown = record_document(record) or {}
    short = {key: shown[key] for key in ("state", "underWay", "by", "at")}
    text = how_it_stands(record)
    return {**short, "note": text} if text else short
