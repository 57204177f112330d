"""The name of a tracking database itself, by which it is told from another one."""

from __future__ import annotations

from .group import Group
from .session import Session


def name(session: Session) -> str:
    """Empty where it has none yet."""
    row = session.one("SELECT name FROM itself")
    return str(row[0]) if row else ""


def take(group: Group, name: str) -> None:
    group.run_sql("DELETE FROM itself")
    group.run_sql("INSERT INTO itself (name) VALUES (?)", (name,))
