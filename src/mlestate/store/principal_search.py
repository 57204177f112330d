"""Principals by a filter, as Microsoft Graph's clients ask for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, false, func, not_, or_, select, true

from ..core import odata
from ..core.principals import Kind, Principal
from .principal_tables import principals
from .principals import key

KNOWN = (
    "`id`, `appId`, `userPrincipalName`, `mailNickname`, `displayName` and `accountEnabled` with "
    "`eq` or `ne`, `startswith(displayName, '…')`, `servicePrincipalNames/any(x:x eq '…')`"
)
Condition = ColumnElement[bool]


class Sought(msgspec.Struct, frozen=True):
    """`names_of` gives the names that a user principal name may stand for; `after` is the name
    that the page before ended with."""

    kind: Kind
    where: odata.Node | None
    names_of: Callable[[str], Sequence[str]]
    after: str = ""
    limit: int = 100


def find(connection: Connection, sought: Sought) -> list[Principal]:
    """By name. Raises Invalid where the filter asks what is not kept."""
    columns = [principals.c[name] for name in Principal.__struct_fields__]
    found = (
        select(*columns)
        .where(principals.c.kind == sought.kind, _holds(sought, sought.where))
        .where(principals.c.name_key > key(sought.after))
        .order_by(principals.c.name_key)
        .limit(sought.limit)
    )
    return [Principal(**row._mapping) for row in connection.execute(found)]


def by_ids(connection: Connection, ids: Sequence[str]) -> list[Principal]:
    columns = [principals.c[name] for name in Principal.__struct_fields__]
    found = select(*columns).where(principals.c.id.in_(ids)).order_by(principals.c.name_key)
    return [Principal(**row._mapping) for row in connection.execute(found)]


def _holds(sought: Sought, where: odata.Node | None) -> Condition:
    return and_(true(), *(_one(sought, part) for part in odata.every(where)))


def _one(sought: Sought, node: odata.Node) -> Condition:
    match node:
        case odata.Either(left, right):
            return or_(_holds(sought, left), _holds(sought, right))
        case odata.Not(inner):
            return not_(_holds(sought, inner))
        case odata.AnyOf("serviceprincipalnames", value):
            return or_(_id(value, "client_id"), _named((value,)))
        case odata.Compare(name, "eq" | "ne" as operator, value):
            found = _compared(sought, name, value)
            if found is not None:
                return found if operator == "eq" else not_(found)
        case odata.Call("startswith", (name,), (start,)) if name in _TEXTS:
            return _starts(_TEXTS[name](), start)
    raise odata.unsupported(node, KNOWN)


def _compared(sought: Sought, name: str, value: str) -> Condition | None:
    match name:
        case "id":
            return _id(value, "id")
        case "appid":
            return _id(value, "client_id") if sought.kind == "ServicePrincipal" else false()
        case "userprincipalname":
            return _named(sought.names_of(value)) if sought.kind == "User" else false()
        case "mailnickname":
            return _named((value,))
        case "displayname":
            found: Condition = func.lower(principals.c.display_name) == value.lower()
            return found
        case "accountenabled":
            return principals.c.enabled.is_(value.lower() == "true")
    return None


def _id(value: str, column: str) -> Condition:
    found: Condition = principals.c[column] == value.lower()
    return found


def _named(names: Sequence[str]) -> Condition:
    return principals.c.name_key.in_([key(name) for name in names])


def _starts(column: Any, start: str) -> Condition:
    found: Condition = column.startswith(start.lower(), autoescape=True)
    return found


_TEXTS: dict[str, Callable[[], Any]] = {
    "displayname": lambda: func.lower(principals.c.display_name),
    "mailnickname": lambda: principals.c.name_key,
    "userprincipalname": lambda: principals.c.name_key,
}
