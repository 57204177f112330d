"""A row, whose columns may be made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Makers = Mapping[str, Callable[[Any], Any]]


class Row(dict[str, Any]):
    """Columns that are not there yet are made by `makers` of the `source`, once."""

    __slots__ = ("_makers", "_source")

    def __init__(self, makers: Makers, source: Any):
        self._makers, self._source = makers, source

    def __missing__(self, name: str) -> Any:
        make = self._makers.get(name)
        if make is None:
            raise KeyError(name)
        found = self[name] = make(self._source)
        return found

    def with_(self, more: Mapping[str, Any]) -> Row:
        """Another row with these laid over."""
        other = Row(self._makers, self._source)
        other.update(self)
        other.update(more)
        return other


def plain(found: Mapping[str, Any]) -> Row:
    row = Row({}, None)
    row.update(found)
    return row
