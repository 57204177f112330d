"""A job's command line with its expressions resolved: inputs, outputs and optional parts. Pure.

A literal is put in as it is: it is the submitter's own word. What others may have named, such as
files and the places of outputs, is one word to the shell, with quotes around it or without.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from ..core.errors import Invalid

_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_EXPRESSION = re.compile(r"\$\{\{\s*(inputs|outputs)\.([\w.-]+?)\s*\}\}")
_ANY = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
# Of ASCII, what no shell reads anything into, wherever it stands within a word.
_PLAIN = re.compile(r"[A-Za-z0-9_.:+=@%-]")


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


def file_name(name: str) -> str:
    """How a file is called in a job: as its blob is, with `_` for what a shell reads."""
    plain = "".join(each if _plain(each) else "_" for each in name)
    # Where only the name is handed on, it is no option.
    return f"_{plain[1:]}" if plain.startswith("-") else plain


def address(uri: str) -> str:
    """An address that is handed over itself, percent-encoded where a shell would read it."""
    return "".join(each if each == "/" or _plain(each) else _encoded(each) for each in uri)


def _plain(character: str) -> bool:
    if character.isascii():
        return _PLAIN.fullmatch(character) is not None
    return character.isprintable()


def _encoded(character: str) -> str:
    # `quote` leaves `~` as it is.
    return "%7E" if character == "~" else quote(character, safe="", errors="replace")
