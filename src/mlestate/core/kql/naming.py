"""What a column is called that was given no name."""

from __future__ import annotations

from collections.abc import Iterable

from .functions import CONVERSIONS
from .tree import Call, Column, Constant, Expression, Name, Path


def natural(node: Expression) -> str:
    """`properties_state` of `tostring(properties.state)`; empty where there is none."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Path) and isinstance(node.step, Constant):
        head = natural(node.of)
        return f"{head}_{node.step.value}" if head else ""
    if isinstance(node, Call) and node.name in CONVERSIONS and node.arguments:
        return natural(node.arguments[0])
    return ""


def names(columns: Iterable[Column], taken: Iterable[str] = ()) -> list[str]:
    """Of each; `Column1` and so on where nothing suggests one."""
    found: list[str] = []
    known = set(taken)
    for column in columns:
        name = column.name or natural(column.of) or f"Column{len(found) + 1}"
        if not column.name:
            name = free(name, known)
        known.add(name)
        found.append(name)
    return found


def free(name: str, taken: Iterable[str]) -> str:
    """The name, or the first of `name1`, `name2`, … that is not taken."""
    known = set(taken)
    number, found = 0, name
    while found in known:
        number += 1
        found = f"{name}{number}"
    return found
