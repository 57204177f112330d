"""Ids that enter names: small letters, digits and hyphens, a letter first."""

from __future__ import annotations

import re

from ...core.principals import LONGEST_DISPLAY_NAME, LONGEST_NAME
from ..reading.source import Path, Source

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
# With hyphens or without.
_OBJECT_ID = re.compile(r"(?:[0-9a-f]-*){32}")
WORD = re.compile(r"[a-z][a-z0-9-]*")


def key(source: Source, path: Path, name: str, what: str) -> None:
    """Of an id that is a key of the file."""
    if not WORD.fullmatch(name):
        source.key_fault(path, _wrong(name, what))


def principal(source: Source, path: Path, name: str) -> None:
    """Of the id of a person, group or program, which is their name in the directory."""
    if not NAME.fullmatch(name):
        source.key_fault(path, wrong(name, "an id"))
    elif len(name) > LONGEST_NAME:
        text = f"`{name[:40]}…` has {len(name):,} characters: an id has up to {LONGEST_NAME}"
        source.key_fault(path, text)
    elif _OBJECT_ID.fullmatch(name):
        text = f"`{name}` looks like an object id, which nobody is called by: choose another id"
        source.key_fault(path, text)


def display_name(source: Source, path: Path, name: str) -> None:
    if len(name) > LONGEST_DISPLAY_NAME:
        text = f"has {len(name):,} characters: a name to show has up to {LONGEST_DISPLAY_NAME}"
        source.fault(path, text)


def word(source: Source, path: Path, name: str, what: str) -> None:
    """Of an id that is a value."""
    if name and not WORD.fullmatch(name):
        source.fault(path, _wrong(name, what))


def _wrong(name: str, what: str) -> str:
    return f"`{name}` cannot be {what}: write small letters, digits and hyphens, a letter first"


def wrong(name: str, what: str) -> str:
    """Of an id that may begin with a digit, and have points: roles, people, groups."""
    return f"`{name}` cannot be {what}: write small letters, digits, `.`, `_` and `-`"
