"""The JSON Schema of an estate file, for completion and checks in editors: made from `spec`.

python -m mlestate.estate.reading.schema > docs/reference/estate.schema.json
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ...catalog import vm_skus
from ...core import data
from ..spec import Estate

# Keys whose words are known: of which struct, which key, and the words.
_WORDS: dict[tuple[str, str], Callable[[], list[str]]] = {
    ("Regions", "home"): lambda: list(data.regions()),
    ("Compute", "size"): lambda: [sku.name for sku in vm_skus.all_skus()],
}


def schema() -> dict[str, Any]:
    """Of the estate's own file; draft 2020-12."""
    document: dict[str, Any] = msgspec.json.schema(Estate)
    definitions = {name: _struct(name, said) for name, said in document["$defs"].items()}
    definitions["Estate"] = _including(definitions["Estate"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "estate.yaml",
        "$ref": "#/$defs/Estate",
        "$defs": definitions,
    }


def part() -> dict[str, Any]:
    """Of a file that is included: any part of the whole."""
    whole = schema()
    needs = ("required", "if", "then")
    own = {key: value for key, value in whole["$defs"]["Estate"].items() if key not in needs}
    own["properties"] = {k: v for k, v in own["properties"].items() if k != "include"}
    # What another file says need not be said here: a part of a division, say.
    loose = {name: _without(said, "required") for name, said in whole["$defs"].items()}
    return {**whole, "title": "a part of an estate.yaml", "$defs": {**loose, "Estate": own}}


def _including(said: Mapping[str, Any]) -> dict[str, Any]:
    """What must be said somewhere need not be said here by a file that includes others."""
    here = ["schema", "id"]
    return {
        **said,
        "required": here,
        "if": {"not": {"required": ["include"]}},
        "then": {"required": [key for key in said["required"] if key not in here]},
    }


def _without(said: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != key}


def _struct(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    properties = {
        key: _key(value, _WORDS.get((name, key))) for key, value in said["properties"].items()
    }
    return {**said, "description": _line(said.get("description", "")), "properties": properties}


def _key(said: Mapping[str, Any], words: Callable[[], list[str]] | None) -> dict[str, Any]:
    # A default that is nothing, or a whole struct of nothings, helps nobody.
    kept = _without(said, "default") if not _telling(said.get("default")) else dict(said)
    value = _value(kept)
    return {**_without(value, "type"), "enum": words()} if words else value


def _value(said: Mapping[str, Any]) -> dict[str, Any]:
    """As the file is read: nothing is never written, and one may stand for a list of one."""
    if "anyOf" in said:
        choices = [_value(each) for each in said["anyOf"] if each.get("type") != "null"]
        chosen = choices[0] if len(choices) == 1 else {"anyOf": choices}
        return {**_without(said, "anyOf"), **chosen}
    if said.get("enum") and None in said["enum"]:
        return {**said, "enum": [word for word in said["enum"] if word is not None]}
    if said.get("type") == "array":
        one = _value(said["items"])
        least = {key: said[key] for key in said if key == "minItems"}
        outer = {key: said[key] for key in said if key not in ("type", "items", "minItems")}
        return {**outer, "anyOf": [one, {"type": "array", "items": one, **least}]}
    if isinstance(said.get("additionalProperties"), dict):
        return {**said, "additionalProperties": _value(said["additionalProperties"])}
    return dict(said)


def _telling(default: Any) -> bool:
    return isinstance(default, str | bool | int) and default != ""


def _line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1))
