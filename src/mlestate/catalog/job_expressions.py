"""The `${{inputs.x}}` and `${{outputs.x}}` of a command, and the names that they use."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from ..core.validate import Fault

_EXPRESSION = re.compile(r"\$\{\{\s*(?P<inside>.*?)\s*\}\}", re.DOTALL)
# What stands in `$[[ … ]]` falls away when an optional input is not given.
_OPTIONAL = re.compile(r"\$\[\[.*?\]\]", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,254}")


def name_faults(field: str, names: Iterable[str]) -> list[Fault]:
    """`field` is `inputs` or `outputs`."""
    text = "is not a valid name: a letter or `_`, then up to 254 letters, digits and `_.-`"
    return [(f"$.properties.{field}.{n}", text) for n in names if not _NAME.fullmatch(n)]


def faults(command: str, inputs: Container[str], outputs: Container[str]) -> list[Fault]:
    """Every expression of the command that means nothing."""
    declared = {"inputs": inputs, "outputs": outputs}
    found: list[Fault] = []
    for inside in dict.fromkeys(_expressions(command)):
        root, _, name = inside.partition(".")
        if root not in declared:
            text = f"`${{{{{inside[:80]}}}}}` has no meaning in a command: use inputs or outputs"
            found.append(("$.properties.command", text))
        elif name not in declared[root] and name.partition(".")[0] not in declared[root]:
            text = f"`${{{{{inside[:80]}}}}}` is used, and there is no `{name[:80]}` in {root}"
            found.append(("$.properties.command", text))
    return found


def _expressions(command: str) -> Iterable[str]:
    return (found["inside"] for found in _EXPRESSION.finditer(_OPTIONAL.sub("", command)))
