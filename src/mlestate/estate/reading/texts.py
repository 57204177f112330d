"""Several texts, one document: YAML read, and what is included laid beside what includes it."""

from __future__ import annotations

import io
from collections.abc import Mapping

import yaml

from ...core.errors import Invalid
from .source import Path, Source, Spot, suggest

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INCLUDE = "include"


class _Text(io.StringIO):
    """YAML's marks then say which file they are of."""

    def __init__(self, text: str, name: str):
        super().__init__(text)
        self.name = name


def includes(text: str) -> list[str]:
    """The patterns that `include` names; nothing of a text that cannot be read."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:
        return []
    entries = node.value if isinstance(node, yaml.MappingNode) else []
    for key, value in entries:
        if _word(key) == _INCLUDE:
            nodes = value.value if isinstance(value, yaml.SequenceNode) else [value]
            return [str(each.value) for each in nodes if isinstance(each, yaml.ScalarNode)]
    return []


def compose(texts: Mapping[str, str], source: Source) -> yaml.Node:
    """One node of all texts; the first one is the file itself. Raises `Invalid` for no YAML."""
    nodes = [_compose(text, name, source) for name, text in texts.items()]
    whole = nodes[0]
    for name, node in zip(list(texts)[1:], nodes[1:], strict=True):
        if not isinstance(node, yaml.MappingNode):
            _fault(source, node, (), f"`{name}` is not a mapping of keys to values")
        elif isinstance(whole, yaml.MappingNode):
            _no_include(source, node)
            whole = _beside(whole, node, (), source)
    return whole


def spot(node: yaml.Node) -> Spot:
    mark = node.start_mark
    return Spot(mark.line + 1, mark.column + 1, str(mark.name))


def _compose(text: str, name: str, source: Source) -> yaml.Node:
    try:
        node = yaml.compose(_Text(text, name), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        source.place((), Spot(mark.line + 1, mark.column + 1, name) if mark else Spot(1, 1, name))
        source.fault((), f"this is not YAML: {error.problem}")
    except yaml.YAMLError as error:
        source.place((), Spot(1, 1, name))
        source.fault((), f"this is not YAML: {' '.join(str(error).split())}")
    else:
        if node is not None:
            return node
        source.place((), Spot(1, 1, name))
        source.fault((), "the file is empty: begin with `schema: 1`")
    source.refuse()
    raise AssertionError("a fault was recorded, so it was refused")


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


def _no_include(source: Source, node: yaml.MappingNode) -> None:
    for key, _ in node.value:
        if _word(key) == _INCLUDE:
            text = "an included file includes nothing: name it in the estate's own file"
            _fault(source, key, (_INCLUDE, "again"), text)


def _fault(source: Source, node: yaml.Node, path: Path, message: str) -> None:
    source.place_key(path, spot(node))
    source.key_fault(path, message)


def missing(pattern: str, names: list[str]) -> Invalid:
    """The refusal of a pattern that no file answers to."""
    return Invalid(
        f"`include: {pattern}` names no file{suggest(pattern, names)}", code="InvalidEstate"
    )
