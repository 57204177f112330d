"""Values as a table, JSON or YAML on standard output. Whatever a value has in it, a terminal gets
nothing to obey: what cannot be seen is written as an escape."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .options import Format
from .printable import hidden, in_a_line, in_json, in_yaml, lines

Row = Mapping[str, Any]


def show(value: Any, format: Format, table: Callable[[], str] | None = None) -> None:
    """`table` makes the text for people; without one a document is shown as YAML."""
    if format is Format.json:
        print(as_json(value, indent=2))
    elif format is Format.table and table is not None:
        if text := table():
            print(lines(text))
    else:
        print(as_yaml(value), end="")


def as_json(value: Any, indent: int | None = None) -> str:
    return in_json(json.dumps(value, indent=indent, ensure_ascii=False, default=list))


def as_yaml(value: Any) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """What is hidden can be escaped between quotes alone."""

        def represent_str(self, text: str) -> Any:
            seen = not any(each != "\n" and hidden(each) for each in text)
            return self.represent_scalar("tag:yaml.org,2002:str", text, None if seen else '"')

    Dumper.add_representer(str, Dumper.represent_str)
    plain = json.loads(json.dumps(value, default=list))
    return in_yaml(yaml.dump(plain, Dumper=Dumper, sort_keys=False, allow_unicode=True))


def table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Aligned columns under their names; a column without any value is left out."""
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    kept = [i for i in range(len(columns)) if any(line[i] for line in cells)]
    if not kept:
        return ""
    lines = [[columns[i].upper() for i in kept], *([line[i] for i in kept] for line in cells)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(kept))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def note(text: str) -> None:
    """For people who wait; standard output stays clean for programs."""
    print(lines(text), file=sys.stderr, flush=True)


def _cell(value: Any) -> str:
    return in_a_line(_said(value))


def _said(value: Any) -> str:
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False)
