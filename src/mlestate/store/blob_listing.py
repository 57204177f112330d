"""A page of a container's blobs by key range, folders collapsed.

One statement walks the index of names: after a folder it seeks to the first name behind the
folder's, so a page costs as many index seeks as it has entries, however many blobs lie inside.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Text, case, func, literal, select

from .blob_tables import Blob, blobs
from .blobs import after_prefix, blob_of


class Page(msgspec.Struct, frozen=True):
    """Blobs and folders (names that end in the delimiter) in one order; `next` starts the next."""

    entries: list[Blob | str]
    next: str | None


def page(
    connection: Connection,
    container_id: int,
    prefix: str = "",
    delimiter: str = "",
    start: str = "",
    limit: int = 5000,
) -> Page:
    """`limit` entries at most, from the name `start` on."""
    start = max(start, prefix)
    if delimiter:
        names = _walk(connection, container_id, prefix, delimiter, start, limit + 1)
        rows = _named(
            connection, container_id, [n for n in names if not _folder(n, prefix, delimiter)]
        )
        entries = _collapsed(names, rows, prefix, delimiter)
    else:
        entries = list(_flat(connection, container_id, prefix, start, limit + 1))
    if len(entries) <= limit:
        return Page(entries, None)
    first = entries[limit]
    return Page(entries[:limit], first if isinstance(first, str) else first.name)


def _flat(
    connection: Connection, container_id: int, prefix: str, start: str, limit: int
) -> list[Blob]:
    query = select(blobs).where(*_range(container_id, prefix), blobs.c.name >= start)
    rows = connection.execute(query.order_by(blobs.c.name).limit(limit))
    return [blob_of(row) for row in rows]


def _walk(
    connection: Connection, container_id: int, prefix: str, delimiter: str, start: str, limit: int
) -> list[str]:
    """The first name of each entry: a blob's own, or the least name inside a folder."""
    least = _least(container_id, prefix)
    walk = (
        select(least.where(blobs.c.name >= literal(start, Text)).scalar_subquery().label("name"))
    ).cte("walk", recursive=True)
    offset = len(prefix)
    position = _position(connection, func.substr(walk.c.name, offset + 1), delimiter)
    # `head` ends before the delimiter: with the delimiter's successor it sorts behind the folder.
    head = func.substr(walk.c.name, 1, offset + position - 1)
    behind = head.concat(literal(after_prefix(delimiter), Text))
    following = case(
        (position > 0, least.where(blobs.c.name >= behind).correlate(walk).scalar_subquery()),
        else_=least.where(blobs.c.name > walk.c.name).correlate(walk).scalar_subquery(),
    )
    walk = walk.union_all(select(following).where(walk.c.name.is_not(None)))
    query = select(walk.c.name).where(walk.c.name.is_not(None)).limit(limit)
    return list(connection.execute(query).scalars())


def _least(container_id: int, prefix: str) -> Select[Any]:
    return select(func.min(blobs.c.name)).where(*_range(container_id, prefix))


def _range(container_id: int, prefix: str) -> list[ColumnElement[bool]]:
    inside = [blobs.c.container_id == container_id]
    if prefix:
        inside.append(blobs.c.name < after_prefix(prefix))
    return inside


def _position(connection: Connection, text: ColumnElement[str], delimiter: str) -> Any:
    """From 1; 0 where the delimiter isn't in the text."""
    find = func.instr if connection.dialect.name == "sqlite" else func.strpos
    return find(text, delimiter)


def _named(connection: Connection, container_id: int, names: list[str]) -> dict[str, Blob]:
    found: dict[str, Blob] = {}
    # A statement takes a bounded number of parameters.
    for i in range(0, len(names), 500):
        query = select(blobs).where(
            blobs.c.container_id == container_id, blobs.c.name.in_(names[i : i + 500])
        )
        found |= {row.name: blob_of(row) for row in connection.execute(query)}
    return found


def _collapsed(
    names: list[str], rows: dict[str, Blob], prefix: str, delimiter: str
) -> list[Blob | str]:
    return [_folder(name, prefix, delimiter) or rows[name] for name in names]


def _folder(name: str, prefix: str, delimiter: str) -> str:
    """The folder that hides this name, or nothing."""
    at = name.find(delimiter, len(prefix))
    return "" if at < 0 else name[: at + len(delimiter)]
