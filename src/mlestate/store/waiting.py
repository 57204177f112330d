"""Room for logins that anybody may begin: so many from one place, so many in all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, true


def make_room(
    connection: Connection,
    table: Table,
    whence: str,
    first_to_go: Sequence[Any],
    of_one: int,
    of_all: int,
) -> None:
    """For one more from `whence`. What goes for it is of the same place, while that has its fill;
    nobody is refused."""
    for these, most in ((table.c.whence == whence, of_one), (true(), of_all)):
        found = connection.execute(select(func.count()).select_from(table).where(these))
        over = int(found.scalar_one()) - most + 1
        if over > 0:
            gone = select(table.c.hash).where(these).order_by(*first_to_go).limit(over)
            connection.execute(delete(table).where(table.c.hash.in_(gone.scalar_subquery())))
