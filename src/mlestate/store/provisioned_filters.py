"""Filters of SCIM as conditions of SQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, true

from ..core.errors import Invalid
from ..core.principals import Kind
from ..core.scim.filters import Both, Compare, Either, Filter, Not, Value, Within
from .principal_tables import memberships, principals
from .principals import key
from .provider_tables import provisioned

Condition: TypeAlias = ColumnElement[bool]
_HANDLES: dict[Kind, str] = {"User": "username", "Group": "displayname"}
_ESCAPED = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})
_ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
}


def condition(wanted: Filter, kind: Kind) -> Condition:
    """Raises Invalid where an attribute cannot be asked for."""
    match wanted:
        case Both(parts):
            return and_(*(condition(part, kind) for part in parts))
        case Either(parts):
            return or_(*(condition(part, kind) for part in parts))
        case Not(part):
            return not_(condition(part, kind))
        case Within("members", Compare("value", "eq", value)) if kind == "Group":
            return _has_member(value)
        case Compare(path, operator, value):
            return _compare(path, operator, value, kind)
    raise _unknown(wanted.path, kind)


def _compare(path: str, operator: str, value: Value, kind: Kind) -> Condition:
    if path == "id":
        return _text(principals.c.id, operator, value, exact=True)
    if path == _HANDLES[kind]:
        return _text(provisioned.c.handle_key, operator, value)
    if path == "displayname":
        return _text(func.lower(principals.c.display_name), operator, value)
    if path == "externalid":
        return _text(provisioned.c.external_id, operator, value, exact=True)
    if path == "active" and kind == "User" and operator in ("eq", "ne"):
        wanted = principals.c.enabled == (str(value).lower() == "true")
        return wanted if operator == "eq" else not_(wanted)
    if path in ("members", "members.value") and kind == "Group" and operator == "eq":
        return _has_member(value)
    if path in ("meta.lastmodified", "meta.created"):
        return _moment(path, operator, value)
    raise _unknown(path, kind)


def _text(column: Any, operator: str, value: Value, exact: bool = False) -> Condition:
    if operator == "pr":
        present: Condition = and_(column.is_not(None), column != "")
        return present
    if value is None and operator in ("eq", "ne"):
        missing: Condition = column.is_(None) if operator == "eq" else column.is_not(None)
        return missing
    if not isinstance(value, str):
        raise Invalid("compare with a text in double quotes", code="invalidFilter")
    if "\0" in value:
        return false()
    word = value if exact else key(value)
    plain = word.translate(_ESCAPED)
    tests: dict[str, Callable[[], Any]] = {
        "eq": lambda: column == word,
        "ne": lambda: or_(column != word, column.is_(None)),
        "co": lambda: column.like(f"%{plain}%", escape="\\"),
        "sw": lambda: column.like(f"{plain}%", escape="\\"),
        "ew": lambda: column.like(f"%{plain}", escape="\\"),
    }
    if operator not in tests:
        raise Invalid(f"`{operator}` does not compare texts here", code="invalidFilter")
    found: Condition = tests[operator]()
    return found


def _has_member(value: Value) -> Condition:
    mine = memberships.c.group_id == principals.c.id
    his = memberships.c.member_id == str(value).replace("\0", "")
    return select(memberships.c.member_id).where(mine, his).exists()


def _moment(path: str, operator: str, value: Value) -> Condition:
    column = provisioned.c.modified if path == "meta.lastmodified" else provisioned.c.created
    if operator == "pr":
        return true()
    try:
        at = datetime.fromisoformat(str(value)).timestamp()
    except (ValueError, OverflowError):
        raise Invalid(f"`{str(value)[:40]}` is no moment", code="invalidFilter") from None
    if operator == "eq":
        # As it is shown, to the millisecond.
        return and_(column > at - 0.001, column < at + 0.001)
    if operator not in _ORDERS:
        raise Invalid(f"`{operator}` does not compare moments", code="invalidFilter")
    found: Condition = _ORDERS[operator](column, at)
    return found


def _unknown(path: str, kind: Kind) -> Invalid:
    known = "id, externalId, displayName, meta.lastModified, " + (
        "userName and active" if kind == "User" else "members"
    )
    return Invalid(f"`{path}` cannot be filtered by: use {known}", code="invalidFilter")
