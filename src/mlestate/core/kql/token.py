"""Words, literals and marks of a query."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, NamedTuple

from ..numbers import LARGEST, whole
from .fault import fault

LONGEST = 20_000
_SPANS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_TOKENS = re.compile(
    r"""(?:\s+|//[^\n]*+)*+(?:
      (?P<text>[hH]?@'(?:[^']|'')*'|[hH]?@"(?:[^"]|"")*"
          |[hH]?'(?:[^'\\\n]|\\.)*'|[hH]?"(?:[^"\\\n]|\\.)*")
    | (?P<instant>\d{4}-\d\d-\d\dT[\d:.]+(?:[Zz]|[+-]\d\d:\d\d)?(?!\w))
    | (?P<span>\d+(?:\.\d+)?(?:ms|[dhms])(?!\w))
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w]))
    | (?P<name>\$left\b|\$right\b|in~
          |(?:project-away|project-rename|project-keep|project-reorder|mv-expand|mv-apply
              |make-series|parse-where|sample-distinct|top-nested)(?![\w-])
          |[A-Za-z_]\w*)
    | (?P<op>!?in~|==|!=|=~|!~|<=|>=|<>|\.\.|!(?:in|between|has_cs|hasprefix_cs|hassuffix_cs
          |hasprefix|hassuffix|has|contains_cs|contains|startswith_cs|startswith|endswith_cs
          |endswith)(?!\w)|[<>=+*/%-])
    | (?P<mark>[|(),.;\[\]{}:])
    )""",
    re.VERBOSE,
)
_BLANK = re.compile(r"(?:\s+|//[^\n]*+)*+")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|.)", re.DOTALL)


class Token(NamedTuple):
    """`value` is what a literal says."""

    sort: str
    text: str
    at: int
    value: Any = None

    @property
    def shown(self) -> str:
        return "the end" if self.sort == "end" else f"`{self.text[:40]}`"


def tokens(text: str) -> list[Token]:
    """Raises BadQuery where something cannot be read."""
    if len(text) > LONGEST:
        raise fault(text[:30], 0, f"it is {len(text)} characters long: at most {LONGEST}")
    found, at, end = [], 0, len(text)
    while (match := _TOKENS.match(text, at)) is not None:
        sort = str(match.lastgroup)
        word, begin = match[sort], match.start(sort)
        value = _value(sort, word)
        if sort == "number" and value is None:
            raise fault(text, begin, f"it is too large: at most {LARGEST}", token=word[:40])
        found.append(Token(sort, word, begin, value))
        at = match.end()
    blank = _BLANK.match(text, at)
    at = blank.end() if blank else at
    if at < end:
        raise fault(text, at, _unread(text[at]))
    return [*found, Token("end", "", end)]


def _unread(mark: str) -> str:
    if mark in "'\"":
        return "the quote is not closed"
    if mark == "&":
        return "write `and`"
    return "this cannot be read"


def _value(sort: str, word: str) -> Any:
    if sort == "text":
        return _unquoted(word)
    if sort == "number":
        return float(word) if any(mark in word for mark in ".eE") else whole(word)
    if sort == "span":
        return _span(word)
    return None


def _span(word: str) -> timedelta:
    number = word.rstrip("dhms")
    try:
        return float(number) * _SPANS[word[len(number) :]]
    except OverflowError:
        return timedelta.max


def _unquoted(word: str) -> str:
    word = word.lstrip("hH")
    if word[0] == "@":
        return word[2:-1].replace(word[1] * 2, word[1])
    return _ESCAPE.sub(_unescaped, word[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "ux" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if not 0xD800 <= number < 0xE000 else "\ufffd"
    return _ESCAPES.get(code, code)
