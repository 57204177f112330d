"""The phrases of which an OpenAPI document is made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .shapes import ERROR

Document = dict[str, Any]
_PARAMETER = re.compile(r"\{([^}]+)\}")
_REFUSED = {
    "4XX": {
        "description": "Refused; `error` says why, and what to do.",
        "content": {"application/json": {"schema": ERROR}},
    }
}


def query(name: str, description: str, words: Sequence[str] = (), needed: bool = False) -> Document:
    schema: Document = {"type": "string"}
    if words:
        schema["enum"] = list(words)
    found = {"name": name, "in": "query", "description": description, "schema": schema}
    return {**found, "required": True} if needed else found


def in_path(path: str) -> list[Document]:
    """The parameters that stand in a path."""
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in dict.fromkeys(_PARAMETER.findall(path))
    ]


def json(schema: Document) -> Document:
    return sent(schema, "application/json")


def sent(schema: Document, media: str) -> Document:
    return {"content": {media: {"schema": schema}}}


def responses(answers: Mapping[str, Document | None], media: str = "application/json") -> Document:
    """By status, the schema of the body; None where there is no body."""
    done: Document = {}
    for status, schema in answers.items():
        done[status] = {"description": "Done." if status != "202" else "Begun: poll it."}
        if schema is not None:
            done[status] |= sent(schema, media)
    return done | _REFUSED
