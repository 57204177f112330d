"""Where values come from, as text and as documents."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ..estate.layout.explain import Explanation, Said


def as_document(found: Sequence[Explanation]) -> list[Any]:
    return [msgspec.to_builtins(each) for each in found]


def as_text(found: Sequence[Explanation]) -> str:
    return "\n".join(line for each in found for line in _lines(each))


def _lines(explanation: Explanation) -> Iterator[str]:
    """The value, and below it who says what: the narrowest, which counts, first."""
    if isinstance(explanation.value, Mapping):
        yield f"{explanation.key}:"
        yield from textwrap.indent(_block(explanation.value), "  ").splitlines()
    else:
        yield f"{explanation.key} = {_value(explanation.value)}"
    for i, said in enumerate(reversed(explanation.said)):
        verb = "from" if i == 0 else "over"
        value = "" if i == 0 and said.value == explanation.value else f" = {_value(said.value)}"
        yield f"    {verb} {said.path}{value}{_where(said)}"


def _where(said: Said) -> str:
    return f"  ({said.spot})" if said.spot else ""


def _block(value: Mapping[str, Any]) -> str:
    """As a file would say it; what nobody says is left out."""
    import yaml

    return yaml.safe_dump(_told(value), sort_keys=False, allow_unicode=True, width=120).rstrip()


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {key: _told(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in (None, {}, [])}
    return [_told(each) for each in value] if isinstance(value, list | tuple) else value


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=list)
