"""Text for a terminal: nothing in it that the terminal would obey, and no line that nobody said."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 2000
# Controls, what turns the direction of writing round, and what separates lines or paragraphs.
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_PLAIN = re.compile(r"[ -~]*")


def printable(text: str) -> str:
    """Line by line, and not without end; control characters are written as Python writes them."""
    return "\n".join(in_a_line(_cut(line)) for line in text.split("\n"))


def lines(text: str) -> str:
    """Line by line, as long as they are."""
    return "\n".join(map(in_a_line, text.split("\n")))


def in_a_line(text: str) -> str:
    """A value as a part of one line: where it has ends of lines, they are written out too."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(ascii(each)[1:-1] if hidden(each) else each for each in text)


def hidden(character: str) -> bool:
    """Whether it does something else than to be seen."""
    return unicodedata.category(character) in _HIDDEN


def in_json(text: str) -> str:
    """A JSON document with the same meaning: what is hidden in its strings is escaped."""
    return "".join(_escaped(each) if _is_escaped(each) else each for each in text)


def in_yaml(text: str) -> str:
    """A YAML document with the same meaning, if all strings that have such stand in quotes."""
    return "".join(f"\\U{ord(each):08X}" if _is_escaped(each) else each for each in text)


def _is_escaped(character: str) -> bool:
    return character != "\n" and hidden(character)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2] for at in range(0, len(units), 2))
    return "".join(f"\\u{int.from_bytes(pair):04x}" for pair in pairs)


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
