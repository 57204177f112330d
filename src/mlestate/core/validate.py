"""Read untyped data into a struct and report every fault at once, not just the first.

Unknown fields are let through where the struct allows them: what a client sends is kept as it came,
and the struct is a checked view of it.
"""

from __future__ import annotations

import enum
import re
import types
import typing
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from .errors import Invalid

T = TypeVar("T")
Fault = tuple[str, str]
# msgspec ends a message with where it was, seen from the value that it was given.
_PLACE = re.compile(r"(?P<text>.*?) - at `(?:key in )?\$(?P<below>.*)`", re.DOTALL)


def read(data: Any, into: type[T], path: str = "$") -> T:
    """Raises Invalid with one detail per fault; each detail's `target` is a JSON path."""
    try:
        return msgspec.convert(data, into)
    except msgspec.ValidationError as error:
        raise refusal(faults(data, into, path) or [(path, str(error))]) from None


def refusal(found: list[Fault]) -> Invalid:
    details = tuple(Invalid(text, target=where) for where, text in found)
    summary = "; ".join(f"{where}: {text}" for where, text in found[:5])
    more = f" (and {len(found) - 5} more)" if len(found) > 5 else ""
    return Invalid(f"{summary}{more}", target=found[0][0], details=details)


def faults(data: Any, into: Any, path: str = "$") -> list[Fault]:
    """Every place where `data` is not what `into` asks for."""
    struct = _struct_for(data, into)
    if struct is not None:
        return _struct_faults(data, struct, path)
    if isinstance(data, dict) and (kinds := _kinds(into)):
        return [_kind_fault(data, kinds, path)]
    element = _element(data, into)
    if element is not None and isinstance(data, list):
        return [f for i, item in enumerate(data) for f in faults(item, element, f"{path}[{i}]")]
    if element is not None and isinstance(data, dict):
        return [f for key, item in data.items() for f in faults(item, element, f"{path}.{key}")]
    return _leaf_fault(data, into, path)


def _struct_faults(data: dict[str, Any], struct: type[msgspec.Struct], path: str) -> list[Fault]:
    fields = _fields(struct)
    config = struct.__struct_config__
    found: list[Fault] = []
    if config.forbid_unknown_fields:
        known = {*fields, config.tag_field}
        found += [(f"{path}.{key}", "unknown field") for key in data if key not in known]
    for key, (into, required) in fields.items():
        if key in data:
            found += faults(data[key], into, f"{path}.{key}")
        elif required:
            found.append((f"{path}.{key}", "is missing"))
    return found


@lru_cache(maxsize=1024)
def _fields(struct: type[msgspec.Struct]) -> dict[str, tuple[Any, bool]]:
    """By its name in JSON, each field's type and whether it must be there."""
    hints = typing.get_type_hints(struct, include_extras=True)
    fields = msgspec.structs.fields(struct)
    return {field.encode_name: (hints[field.name], field.required) for field in fields}


def _struct_for(data: Any, into: Any) -> type[msgspec.Struct] | None:
    """The struct that `data` claims to be: `into` itself, or the union member its tag names."""
    if not isinstance(data, dict):
        return None
    for struct in _options(into):
        if not (isinstance(struct, type) and issubclass(struct, msgspec.Struct)):
            continue
        config = struct.__struct_config__
        if config.tag_field is None or data.get(config.tag_field) == config.tag:
            return struct
    return None


def _element(data: Any, into: Any) -> Any:
    """The type of what a container such as `data` holds; None where it may not be one."""
    for option in _options(into):
        origin, arguments = typing.get_origin(option), typing.get_args(option)
        if arguments and origin is dict and isinstance(data, dict):
            return arguments[1]
        if arguments and origin in (list, tuple) and isinstance(data, list):
            return arguments[0]
    return None


@lru_cache(maxsize=4096)
def _options(into: Any) -> tuple[Any, ...]:
    if typing.get_origin(into) is typing.Annotated:
        into = typing.get_args(into)[0]
    if isinstance(into, types.UnionType) or typing.get_origin(into) is typing.Union:
        return typing.get_args(into)
    return (into,)


def _kinds(into: Any) -> dict[Any, str]:
    """The tags of the structs that `into` allows, each with the field that holds it."""
    configs = [
        option.__struct_config__
        for option in _options(into)
        if isinstance(option, type) and issubclass(option, msgspec.Struct)
    ]
    return {c.tag: c.tag_field for c in configs if c.tag_field is not None}


def _kind_fault(data: dict[str, Any], kinds: dict[Any, str], path: str) -> Fault:
    field = next(iter(kinds.values()))
    place, supported = f"{path}.{field}", _listed(kinds)
    if field not in data:
        return place, f"is missing; supported: {supported}"
    return place, f"`{_shown(data[field])}` is not supported; supported: {supported}"


def _leaf_fault(data: Any, into: Any, path: str) -> list[Fault]:
    words = _words(into)
    if words and isinstance(data, str):
        try:
            msgspec.convert(data, into)
        except msgspec.ValidationError:
            return [(path, f"`{_shown(data)}` is not one of {_listed(words)}")]
        return []
    try:
        msgspec.convert(data, into)
    except msgspec.ValidationError as error:
        found = _PLACE.fullmatch(str(error))
        if found is None:
            return [(path, str(error))]
        return [(path + found["below"], found["text"])]
    return []


def _words(into: Any) -> list[str]:
    """The words that an enum or a Literal allows."""
    words: list[str] = []
    for option in _options(into):
        if isinstance(option, type) and issubclass(option, enum.Enum):
            words += [str(member.value) for member in option]
        elif typing.get_origin(option) is typing.Literal:
            words += [str(word) for word in typing.get_args(option)]
    return words


def _listed(words: typing.Iterable[Any]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _shown(value: Any) -> str:
    return str(value)[:80]
