"""How deep what somebody sent is nested: what is walked by functions that call themselves is held
to a depth first."""

from __future__ import annotations

from typing import Any

# Far more than any document has, and far less than Python can follow.
DEEPEST = 100


def too_deep(value: Any, most: int = DEEPEST) -> bool:
    """Whether lists and objects lie in one another more often than that. Goes no deeper itself."""
    level = [value]
    for _ in range(most + 1):
        level = [inner for one in level if isinstance(one, dict | list) for inner in _inside(one)]
        if not level:
            return False
    return True


def may_be_deep(text: str | bytes, most: int = DEEPEST) -> bool:
    """By its brackets, which are quickly counted: whether it is worth a closer look."""
    if isinstance(text, str):
        return text.count("[") + text.count("{") > most
    return text.count(b"[") + text.count(b"{") > most


def _inside(value: dict[str, Any] | list[Any]) -> Any:
    return value.values() if isinstance(value, dict) else value
