"""YAML nodes to typed values, by the types alone; every fault is recorded with its place.

A value that does not fit is replaced by an empty one of its type, so that reading goes on and
what refers to it is not reported as missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import yaml

from .elsewhere import elsewhere
from .source import Path, Source, near, suggest
from .texts import spot

_SCALARS = yaml.constructor.SafeConstructor()
_MERGE = (
    "keys are not merged by `<<` here: write them out, or say in `defaults` or at a division what "
    "all have"
)
_WORDS: dict[type, str] = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    date: "a date such as 2027-03-31",
}


def decode(node: yaml.Node, want: Any, source: Source, path: Path = ()) -> Any:
    """`want` is a type of `spec`: struct, dict, tuple, Literal, scalar, or one of them or None."""
    source.place(path, spot(node))
    want = _present(want, node)
    return _reader(want)(node, want, source, path)


def empty(want: Any) -> Any:
    """The emptiest value of a type."""
    if type(None) in get_args(want):
        return None
    origin = get_origin(want) or want
    if origin is Literal:
        return get_args(want)[0]
    if origin in (Union, UnionType):
        return empty(get_args(want)[0])
    if isinstance(origin, type) and issubclass(origin, msgspec.Struct):
        hints = get_type_hints(origin)
        required = [f for f in msgspec.structs.fields(origin) if f.required]
        return origin(**{f.name: empty(hints[f.name]) for f in required})
    return date.max if origin is date else origin()


def _present(want: Any, node: yaml.Node) -> Any:
    """Of a choice, the first one of the node's form."""
    if get_origin(want) not in (Union, UnionType):
        return want
    choices = [choice for choice in get_args(want) if choice is not NoneType]
    mapping = isinstance(node, yaml.MappingNode)
    return next((each for each in choices if _is_struct(each) is mapping), choices[0])


def _is_struct(want: Any) -> bool:
    return isinstance(want, type) and issubclass(want, msgspec.Struct)


def _reader(want: Any) -> Callable[[Any, Any, Source, Path], Any]:
    origin = get_origin(want) or want
    if origin is Literal:
        return _literal
    if origin is dict:
        return _dict
    if origin is tuple:
        return _tuple
    return _scalar if origin in _WORDS else _struct


def _scalar(node: yaml.Node, want: Any, source: Source, path: Path) -> Any:
    value = _plain(node)
    if type(value) is want:
        return value
    # YAML reads 55332 as a number and no as false; quotes say that text is meant.
    quote = want is str and isinstance(node, yaml.ScalarNode) and node.value != ""
    hint = f': write "{node.value}"' if quote else ""
    if want is not str and _quoted(node):
        hint = ": leave out the quotes"
    if _nothing(node) and path:
        source.misread(path, f"`{path[-1]}` says nothing: write {_WORDS[want]}, or leave it out")
    else:
        source.misread(path, f"{_shown(node)} is not {_WORDS[want]}{hint}")
    return empty(want)


def _literal(node: yaml.Node, want: Any, source: Source, path: Path) -> Any:
    choices = get_args(want)
    value = _plain(node)
    for choice in choices:
        if value == choice and type(value) is type(choice):
            return choice
    # `"1"` and `1` are two things, and look like one where the quotes are not shown.
    plain = [choice for choice in choices if _quoted(node) and str(choice) == node.value]
    allowed = " or ".join(f"`{choice}`" for choice in plain or choices)
    source.misread(path, f"{_shown(node)} is not known here: write {allowed}")
    return choices[0]


def _tuple(node: yaml.Node, want: Any, source: Source, path: Path) -> Any:
    item = get_args(want)[0]
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":str"):
        return (decode(node, item, source, path),)  # one instead of a list of one
    if isinstance(node, yaml.MappingNode) and any(map(_is_struct, get_args(item))):
        return (decode(node, item, source, (*path, 0)),)
    if not isinstance(node, yaml.SequenceNode):
        hint = ": write `[]` for an empty one" if _nothing(node) else ""
        source.misread(path, f"{_shown(node)} is not a list{hint}")
        return ()
    return tuple(decode(each, item, source, (*path, i)) for i, each in enumerate(node.value))


def _dict(node: yaml.Node, want: Any, source: Source, path: Path) -> Any:
    item = get_args(want)[1]
    return {
        key: decode(value, item, source, (*path, key))
        for key, value in _entries(node, source, path)
    }


def _struct(node: yaml.Node, want: Any, source: Source, path: Path) -> Any:
    fields, hints = _shape(want)
    found = {}
    for key, value in _entries(node, source, path):
        if (instead := _instead(want).get(key)) and _names_none(value):
            source.place((*path, key), spot(value))
            source.misread((*path, key), f"`{key}` names nobody: {instead}")
            found[fields[key].name] = ()
        elif field := fields.get(key):
            found[field.name] = decode(value, hints[field.name], source, (*path, key))
        else:
            _unknown(source, (*path, key), key, fields)
    for key, field in fields.items():
        if field.required and field.name not in found:
            if isinstance(node, yaml.MappingNode):
                source.fault(path, f"`{key}` is missing in {_called(path)}")
            found[field.name] = empty(hints[field.name])
    return want(**found)


def _unknown(source: Source, path: Path, key: str, fields: Mapping[str, object]) -> None:
    """A slip of the pen, or a key that is right in another place."""
    place = "" if near(key, fields) else elsewhere(key, path[:-1])
    known = f"; it is a key of `{place}`" if place else suggest(key, fields)
    source.key_fault(path, f"unknown key `{key}`{known}")


@cache
def _shape(want: Any) -> tuple[dict[str, msgspec.structs.FieldInfo], dict[str, Any]]:
    """The fields by the keys of the file, and the types by the fields' names."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(want)}
    return fields, get_type_hints(want)


@cache
def _instead(want: Any) -> dict[str, str]:
    """By the keys of lists that are not to be empty: what to write instead."""
    fields, _ = _shape(want)
    hints = get_type_hints(want, include_extras=True)
    said = {key: getattr(hints[one.name], "__metadata__", ()) for key, one in fields.items()}
    extra = {key: meta.extra for key, metas in said.items() for meta in metas if meta.extra}
    return {key: str(each["instead"]) for key, each in extra.items() if "instead" in each}


def _names_none(node: yaml.Node) -> bool:
    return _nothing(node) or (isinstance(node, yaml.SequenceNode) and not node.value)


def _entries(node: yaml.Node, source: Source, path: Path) -> list[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        hint = ": write `{}` for an empty one" if path and _nothing(node) else ""
        source.misread(path, f"{_shown(node)} is not a mapping of keys to values{hint}")
        return []
    entries: dict[str, yaml.Node] = {}
    for key_node, value in node.value:
        place = spot(key_node)
        if not isinstance(key_node, yaml.ScalarNode) or not key_node.value:
            source.place_key((*path, ""), place)
            source.key_fault((*path, ""), _no_key(key_node))
            continue
        key = key_node.value
        here = (*path, key)
        if key in entries:
            # The first stays where it is; the fault is shown at the second.
            source.place_key((*here, "again"), place)
            source.key_fault((*here, "again"), f"`{key}` is written twice: keep one of them")
            continue
        source.place_key(here, place)
        if key_node.tag.endswith(":merge"):
            source.key_fault(here, _MERGE)
            continue
        if not key_node.tag.endswith(":str"):
            source.key_fault(here, f'the key {_shown(key_node)} is not text: write "{key}"')
        entries[key] = value
    return list(entries.items())


def _no_key(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return "there is nothing before the `:`: write a key there"
    return f"{_shown(node)} stands where a key is to be: a key is one word, so write an entry each"


def _plain(node: yaml.Node) -> Any:
    if not isinstance(node, yaml.ScalarNode):
        return None
    try:
        return _SCALARS.construct_object(node)
    except ValueError:  # `2026-13-45` has the form of a date and is none
        return None


def _shown(node: yaml.Node) -> str:
    if _quoted(node):
        return f'`"{node.value}"`'
    if isinstance(node, yaml.ScalarNode):
        return f"`{node.value}`" if node.value else "nothing"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"


def _quoted(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style in ("'", '"')


def _nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.value and not _quoted(node)


def _called(path: Path) -> str:
    return f"`{'.'.join(str(part) for part in path)}`" if path else "the file"
