"""A job's command line with its expressions resolved: inputs, outputs and optional parts. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..core.errors import Invalid

_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_EXPRESSION = re.compile(r"\$\{\{\s*(inputs|outputs)\.([\w.-]+?)\s*\}\}")
_ANY = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)


def resolve(command: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """`$[[--x ${{inputs.x}}]]` falls away when `x` was not given. Raises Invalid, naming every
    expression that cannot be resolved.
    """
    known = {"inputs": inputs, "outputs": outputs}
    text = _OPTIONAL.sub(lambda part: _optional(part[1], known), command)
    faults = [found[0] for found in _ANY.finditer(text) if not _known(found[0], known)]
    if faults:
        raise Invalid(
            f"The command names {', '.join(f'`{fault}`' for fault in faults)}, which the job does "
            "not declare.",
            code="InvalidExpression",
            target="properties.command",
        )
    return _EXPRESSION.sub(lambda found: known[found[1]][found[2]], text)


def _optional(text: str, known: Mapping[str, Mapping[str, str]]) -> str:
    return text if all(_known(found[0], known) for found in _ANY.finditer(text)) else ""


def _known(expression: str, known: Mapping[str, Mapping[str, str]]) -> bool:
    found = _EXPRESSION.fullmatch(expression)
    return found is not None and found[2] in known[found[1]]


def variables(inputs: Mapping[str, str], outputs: Mapping[str, str]) -> dict[str, str]:
    """What Azure hands over besides: `AZURE_ML_INPUT_x`, `AZURE_ML_OUTPUT_x`."""
    found = {f"AZURE_ML_INPUT_{name}": value for name, value in inputs.items()}
    found.update({f"AZURE_ML_OUTPUT_{name}": value for name, value in outputs.items()})
    return found
