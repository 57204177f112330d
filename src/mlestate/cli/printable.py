"""Text for a terminal: nothing in it that the terminal would obey, and not without end."""

from __future__ import annotations

import unicodedata

_LONGEST = 2000


def printable(text: str) -> str:
    """Line by line; control characters are written as Python writes them."""
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    cut = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
    return "".join(_shown(each) for each in cut)


def _shown(character: str) -> str:
    # Controls, and what turns the direction of writing round.
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs")
    return ascii(character)[1:-1] if hidden else character
