"""A query's tokens, one after the other, and its refusals."""

from __future__ import annotations

from .fault import BadQuery, fault
from .token import Token, tokens

_DEEPEST = 40


class Reader:
    def __init__(self, text: str):
        self.text = text
        self._tokens, self._at = tokens(text), 0
        self._depth = 0

    @property
    def peek(self) -> Token:
        return self._tokens[self._at]

    def next(self) -> Token:
        token = self.peek
        self._at += token.sort != "end"
        return token

    def skip(self, *words: str) -> bool:
        """A name, an operator or a mark; names without regard to case."""
        token = self.peek
        found = token.sort not in ("text", "end") and token.text.lower() in words
        self._at += found
        return found

    def need(self, word: str) -> None:
        if not self.skip(word):
            raise self.fault(self.peek, f"expected `{word}`, found {self.peek.shown}")

    def named(self) -> str:
        """What stands before a `=`: `name =`, or `['any name'] =`; empty where neither does."""
        ahead = self._tokens[self._at : self._at + 4]
        sorts, texts = [each.sort for each in ahead], [each.text for each in ahead]
        if sorts[:1] == ["name"] and texts[1:2] == ["="]:
            self._at += 2
            return texts[0]
        if texts[:1] == ["["] and sorts[1:2] == ["text"] and texts[2:] == ["]", "="]:
            self._at += 4
            return str(ahead[1].value)
        return ""

    def name(self, what: str) -> Token:
        token = self.next()
        if token.sort != "name":
            raise self.fault(token, f"expected {what}, found {token.shown}")
        return token

    def whole(self, what: str) -> int:
        token = self.next()
        if token.sort != "number" or not isinstance(token.value, int):
            raise self.fault(token, f"expected {what}, a whole number, found {token.shown}")
        return token.value

    def fault(self, token: Token, why: str, kind: str = "ParserFailure") -> BadQuery:
        return fault(self.text, token.at, why, kind, token.text[:40])

    def fault_at(self, at: int, why: str, kind: str = "ParserFailure") -> BadQuery:
        return fault(self.text, at, why, kind)

    def deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.fault(self.peek, "there are too many parentheses in each other")

    def back(self) -> None:
        self._depth -= 1
