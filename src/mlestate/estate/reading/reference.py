"""Every key of an estate file as a page, made from its schema.

python -m mlestate.estate.reading.reference > docs/reference/estate-file.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .schema import schema

_INTRODUCTION = """# The estate file, key by key

Made by `python -m mlestate.estate.reading.reference`; do not edit. How to write one from nothing:
[your first estate](../guides/your-first-estate.md).

For completion in an editor that speaks the YAML language server, begin the file with
`# yaml-language-server: $schema=` and the path of [estate.schema.json](estate.schema.json), which
`mlestate schema` prints as well; for files that are included, `mlestate schema --part`.

A key in **bold** must be there. Where a list is asked for, one stands for a list of one.
"""


def page() -> str:
    definitions: Mapping[str, Any] = schema()["$defs"]
    order = ["Estate", *(name for name in definitions if name != "Estate")]
    sections = [line for name in order for line in _section(name, definitions[name])]
    return "\n".join([_INTRODUCTION.rstrip(), *sections]) + "\n"


def _section(name: str, said: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield f"## {name}"
    yield ""
    if said["description"]:
        yield said["description"]
        yield ""
    yield "| key | value | what |"
    yield "| --- | --- | --- |"
    required = [*said.get("required", ()), *said.get("then", {}).get("required", ())]
    for key, value in said["properties"].items():
        shown = f"**`{key}`**" if key in required else f"`{key}`"
        yield f"| {shown} | {_kind(value)} | {value['description']}{_default(value)} |"


def _kind(said: Mapping[str, Any]) -> str:
    if "$ref" in said:
        name = said["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in said:
        first, second = said["anyOf"]
        if second.get("type") != "array":
            return f"{_kind(first)} or {_kind(second)}"
        return f"list of {_kind(first)}"
    if "additionalProperties" in said:
        return f"by name: {_kind(said['additionalProperties'])}"
    if words := said.get("enum"):
        return " or ".join(f"`{word}`" for word in words) if len(words) < 9 else "a known word"
    if said.get("format") == "date":
        return "a day"
    return {"string": "text", "integer": "number", "boolean": "true or false"}[said["type"]]


def _default(said: Mapping[str, Any]) -> str:
    if "default" not in said:
        return ""
    value = said["default"]
    return f" Default: `{str(value).lower() if isinstance(value, bool) else value}`."


if __name__ == "__main__":
    print(page(), end="")
