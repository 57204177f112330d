"""Patterns of names that people choose: does a name follow one, and what to call it instead.

`{project}-{words}`: what is known of the place stands for itself, and the rest is free.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from .naming import PLACEHOLDER, Kind

# What the workspace says, by its tags and its region; `user` is who makes the thing.
KNOWN = ("project", "division", "team", "environment", "region", "reg", "user")
FREE = ("words", "date", "n", "nn", "nnn")
_DATE = r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_NUMBERS = {"n": r"[1-9]\d{0,5}", "nn": r"\d{2}", "nnn": r"\d{3}"}


class Place(msgspec.Struct, frozen=True):
    """Where, by whom and when (`20261123`) a thing is made. What is known may be one of several, as
    the projects that share a workspace; what is not in `known` may be any words."""

    known: Mapping[str, tuple[str, ...]] = {}
    day: str = ""


class Token(msgspec.Struct, frozen=True):
    """A placeholder, or text as it stands."""

    placeholder: str = ""
    text: str = ""


def tokens(pattern: str) -> tuple[Token, ...]:
    """In order. Text and placeholders take turns in what the split gives."""
    pieces = PLACEHOLDER.split(pattern)
    made = (Token(text=p) if i % 2 == 0 else Token(placeholder=p) for i, p in enumerate(pieces))
    return tuple(token for token in made if token.text or token.placeholder)


def follows(kind: Kind, pattern: str, name: str, place: Place) -> bool:
    made = _expression(pattern, tuple(sorted(_values(kind, place).items())), separator(kind))
    return made.fullmatch(name) is not None and kind.fault(name) is None


def corrected(kind: Kind, pattern: str, name: str, place: Place) -> str | None:
    """The name by the pattern that keeps most of this one; None where no name is good."""
    sign, values = separator(kind), _values(kind, place)
    said, noun = _words(name), _words(kind.what)[-1:]
    filling = _Filling(tokens(pattern), _chosen(values, said), said, place.day, sign, noun)
    own = _own(pattern, said, filling.values)
    plain = slug(name, sign)
    if follows(kind, pattern, plain, place):
        return plain
    # A name may have no words of its own, or begin with a digit where a letter must stand.
    for words in (own or noun, [*noun, *own], noun):
        for better in _tries(kind, filling, words):
            if follows(kind, pattern, better, place):
                return better
    return None


def separator(kind: Kind) -> str:
    return "-" if kind.takes_hyphens else "_"


def slug(text: str, sign: str = "-") -> str:
    """Small letters and digits with single signs between: `Fraud_Model v2` is `fraud-model-v2`."""
    return sign.join(_words(text))


class _Filling(msgspec.Struct, frozen=True):
    """A pattern to fill. `said` is the name that was given, which may hold its number or date;
    `noun` stands where there are no words left."""

    tokens: tuple[Token, ...]
    values: Mapping[str, str]
    said: Sequence[str]
    day: str
    sign: str
    noun: Sequence[str]

    def fill(self, words: Sequence[str]) -> str:
        """The free parts take the words in turn, the last one all that are left."""
        rest, made = list(words), []
        parts = sum(_is_words(token, self.values) for token in self.tokens)
        for token in self.tokens:
            if not _is_words(token, self.values):
                made.append(_settled(token, self.values, self.said, self.day))
                continue
            parts -= 1
            taken = rest[:1] if parts else rest
            rest = rest[len(taken) :]
            made.append(self.sign.join(taken or self.noun))
        return "".join(made)


def _tries(kind: Kind, filling: _Filling, words: Sequence[str]) -> Iterator[str]:
    """With these words; where that is too long, with fewer and fewer letters of them."""
    filled = filling.fill(words)
    yield filled
    text = " ".join(words)
    for length in range(len(text) - max(1, len(filled) - kind.max), 0, -1):
        yield filling.fill(text[:length].split())


def _settled(token: Token, values: Mapping[str, str], words: Sequence[str], day: str) -> str:
    if not token.placeholder:
        return token.text
    if token.placeholder == "date":
        return next((word for word in words if re.fullmatch(_DATE, word)), day)
    if token.placeholder in _NUMBERS:
        digits = [word for word in words if re.fullmatch(_NUMBERS[token.placeholder], word)]
        return digits[-1] if digits else "1".zfill(len(token.placeholder))
    return values[token.placeholder]


def _own(pattern: str, words: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """The words without those at their ends that the pattern says anyway."""
    said = {word for token in tokens(pattern) for word in _said(token, values)}
    own = list(words)
    while own and own[0] in said:
        own.pop(0)
    while own and (own[-1] in said or _is_settled(pattern, own[-1])):
        own.pop()
    return own


def _said(token: Token, values: Mapping[str, str]) -> list[str]:
    return _words(values.get(token.placeholder, "") if token.placeholder else token.text)


def _is_settled(pattern: str, word: str) -> bool:
    """A number or a date that has a place of its own in the pattern."""
    rules = {**_NUMBERS, "date": _DATE}
    return any(
        f"{{{name}}}" in pattern and re.fullmatch(rule, word) for name, rule in rules.items()
    )


def _is_words(token: Token, values: Mapping[str, Any]) -> bool:
    name = token.placeholder
    return name == "words" or (name in KNOWN and name not in values)


def _values(kind: Kind, place: Place) -> dict[str, tuple[str, ...]]:
    """What is known, as the kind can carry it."""
    sign = separator(kind)
    slugs = {name: [slug(each, sign) for each in among] for name, among in place.known.items()}
    return {name: tuple(filter(None, among)) for name, among in slugs.items() if any(among)}


def _chosen(values: Mapping[str, Sequence[str]], said: Sequence[str]) -> dict[str, str]:
    """One of each: the one that the words say, or else the first."""
    return {
        name: next((each for each in among if set(_words(each)) <= set(said)), among[0])
        for name, among in values.items()
    }


def _words(text: str) -> list[str]:
    """Small, and without accents; `FraudModel` is two."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    return re.findall(r"[a-z0-9]+", apart.lower())


@lru_cache(maxsize=1024)
def _expression(
    pattern: str, values: tuple[tuple[str, tuple[str, ...]], ...], sign: str
) -> re.Pattern[str]:
    known = dict(values)
    rules: list[str] = []
    runs = 0  # of words that follow each other: taken as one, or there were many ways to share them
    found = tokens(pattern)
    for i, token in enumerate(found):
        if _is_words(token, known):
            runs += 1
        elif not (runs and token.text == sign and _is_words((*found, Token())[i + 1], known)):
            rules += [_run(runs, sign), _rule(token, known)]
            runs = 0
    return re.compile("".join([*rules, _run(runs, sign)]))


def _run(count: int, sign: str) -> str:
    """At least so many words. `++` takes a word whole: a long name costs what it is long."""
    return rf"[a-z0-9]++(?:{sign}[a-z0-9]++){{{count - 1},}}" if count else ""


def _rule(token: Token, values: Mapping[str, Sequence[str]]) -> str:
    if not token.placeholder:
        return re.escape(token.text)
    rules: dict[str, str] = {**_NUMBERS, "date": _DATE}
    if rule := rules.get(token.placeholder):
        return rule
    return f"(?:{'|'.join(map(re.escape, values[token.placeholder]))})"
