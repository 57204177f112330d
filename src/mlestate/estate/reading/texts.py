"""Several texts, one document: YAML read, and what is included laid beside what includes it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import NamedTuple

import yaml

from ...core.errors import Invalid
from .not_yaml import ended, not_yaml
from .source import Path, Source, Spot, suggest

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INCLUDE = "include"
# What YAML takes nowhere.
_ODD = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EMPTY = "the file is empty: begin with `schema: 1`"
_EMPTY_INCLUDED = "the file is empty: write what it adds to the estate, or include it no more"


class _Text(io.StringIO):
    """YAML's marks then say which file they are of."""

    def __init__(self, text: str, name: str):
        super().__init__(text)
        self.name = name


class Included(NamedTuple):
    """A pattern of `include`, and where it stands."""

    pattern: str
    spot: Spot


def includes(text: str, name: str) -> list[Included]:
    """What `include` names; nothing of a text that cannot be read."""
    try:
        node = yaml.compose(_Text(text, name), Loader=_Loader)
    except yaml.YAMLError:
        return []
    entries = node.value if isinstance(node, yaml.MappingNode) else []
    for key, value in entries:
        if _word(key) == _INCLUDE:
            nodes = value.value if isinstance(value, yaml.SequenceNode) else [value]
            words = [each for each in nodes if isinstance(each, yaml.ScalarNode)]
            return [Included(str(each.value), spot(each)) for each in words]
    return []


def compose(texts: Mapping[str, str], source: Source) -> yaml.Node:
    """One node of all texts; the first one is the file itself. Raises `Invalid` for no YAML."""
    nodes = [
        _compose(text, name, source, _EMPTY_INCLUDED if i else _EMPTY)
        for i, (name, text) in enumerate(texts.items())
    ]
    whole = nodes[0]
    for name, node in zip(list(texts)[1:], nodes[1:], strict=True):
        if not isinstance(node, yaml.MappingNode):
            text = "an included file is a mapping of keys to values, as the estate's own is"
            _fault(source, node, (_INCLUDE, name), text)
        elif isinstance(whole, yaml.MappingNode):
            whole = _beside(whole, _without_include(source, node), (), source)
    return whole


def spot(node: yaml.Node) -> Spot:
    mark = node.start_mark
    return Spot(mark.line + 1, mark.column + 1, str(mark.name))


def _compose(text: str, name: str, source: Source, empty: str) -> yaml.Node:
    try:
        node = yaml.compose(_Text(text, name), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        # Of a text that ends too soon, the place is where it began.
        mark = (error.context_mark if ended(error) else None) or error.problem_mark
        source.place((), Spot(mark.line + 1, mark.column + 1, name) if mark else Spot(1, 1, name))
        source.fault((), f"this is not YAML: {not_yaml(error, text)}")
    except yaml.YAMLError as error:
        source.place((), _odd_character(error, text, name))
        source.fault((), f"this is not YAML: {_what_is_odd(error)}")
    else:
        if node is not None:
            return node
        source.place((), Spot(1, 1, name))
        source.fault((), empty)
    source.refuse()
    raise AssertionError("a fault was recorded, so it was refused")


def _odd_character(error: yaml.YAMLError, text: str, name: str) -> Spot:
    at = _ODD.search(text)
    if at is None:
        return Spot(1, 1, name)
    before = text[: at.start()]
    return Spot(before.count("\n") + 1, at.start() - before.rfind("\n"), name)


def _what_is_odd(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return "a character stands here that no text may have: take it out"
    return " ".join(str(error).split())


def _beside(
    one: yaml.MappingNode, other: yaml.MappingNode, path: Path, source: Source
) -> yaml.MappingNode:
    """Both, key by key. A value that both say is a contradiction, even if it is the same."""
    entries = list(one.value)
    known = {_word(key): i for i, (key, _) in enumerate(entries)}
    for key, value in other.value:
        here = (*path, _word(key))
        if (index := known.get(_word(key))) is None:
            entries.append((key, value))
            continue
        first, there = entries[index]
        if isinstance(there, yaml.MappingNode) and isinstance(value, yaml.MappingNode):
            entries[index] = (first, _beside(there, value, here, source))
        else:
            said = f"`{'.'.join(map(str, here))}` is said at {spot(there)} too: keep one of them"
            _fault(source, key, (*here, "again"), said)
    return yaml.MappingNode(one.tag, entries, one.start_mark, one.end_mark)


def _word(key: yaml.Node) -> str:
    return str(key.value) if isinstance(key, yaml.ScalarNode) else ""


def _without_include(source: Source, node: yaml.MappingNode) -> yaml.MappingNode:
    for key, _ in node.value:
        if _word(key) == _INCLUDE:
            text = "an included file includes nothing: name it in the estate's own file"
            _fault(source, key, (_INCLUDE, "again"), text)
    own = [(key, value) for key, value in node.value if _word(key) != _INCLUDE]
    return yaml.MappingNode(node.tag, own, node.start_mark, node.end_mark)


def _fault(source: Source, node: yaml.Node, path: Path, message: str) -> None:
    source.place_key(path, spot(node))
    source.key_fault(path, message)


def missing(named: Included, names: list[str]) -> Invalid:
    """The refusal of a pattern that no file answers to."""
    text = f"`include: {named.pattern}` names no file{suggest(named.pattern, names)}"
    return Invalid(f"{named.spot}: {text}", code="InvalidEstate")


def outside(named: Included) -> Invalid:
    text = f"`include: {named.pattern}` leaves the estate's folder: name files below it"
    return Invalid(f"{named.spot}: {text}", code="InvalidEstate")
