"""Where values come from, as text and as documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ..estate.layout.explain import Explanation, Said


def as_document(found: Sequence[Explanation]) -> list[Any]:
    return [msgspec.to_builtins(each) for each in found]


def as_text(found: Sequence[Explanation]) -> str:
    return "\n".join(line for each in found for line in _lines(each))


def _lines(explanation: Explanation) -> Iterator[str]:
    """The value, and below it who says what: the narrowest, which counts, first."""
    yield f"{explanation.key} = {_value(explanation.value)}"
    for i, said in enumerate(reversed(explanation.said)):
        verb = "from" if i == 0 else "over"
        value = "" if i == 0 and said.value == explanation.value else f" = {_value(said.value)}"
        yield f"    {verb} {said.path}{value}{_where(said)}"


def _where(said: Said) -> str:
    return f"  ({said.spot})" if said.spot else ""


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=list)
