"""No group is in itself, whatever the way: who is in such a ring, nobody can say."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.principals import Principal
from ..store import principals
from ..store.principals import Connection


def ring(connection: Connection, group: Principal, member_ids: Iterable[str]) -> str:
    """Why these cannot be the group's members; empty where no ring comes of it."""
    wanted = set(member_ids)
    if group.id in wanted:
        return f"`{group.name}` cannot be a member of itself: leave it out"
    above = wanted & principals.groups_of(connection, group.id)
    named = filter(None, (principals.by_id(connection, id) for id in above))
    names = " and ".join(f"`{each}`" for each in sorted(each.name for each in named))
    if not names:
        return ""
    return (
        f"{names} cannot be in `{group.name}`, which is in {names} already, directly or through "
        "other groups: take it out there first"
    )
