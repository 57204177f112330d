"""PATCH of SCIM on a document, in the dialects of Entra (a path for everything, `Add`) and of Okta
(no path, an object)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ..errors import Invalid
from .filters import Both, Compare, Filter, Path, elements, matches, parse_path

Document = dict[str, Any]
MOST = 1000
_OPS = ("add", "replace", "remove")
# Of the core schemas and that of enterprises: known, and not all of it kept.
_KNOWN = frozenset(
    {
        *("schemas", "id", "externalid", "meta", "groups", "members", "active", "password"),
        *("username", "name", "displayname", "nickname", "title", "usertype", "profileurl"),
        *("preferredlanguage", "locale", "timezone", "emails", "phonenumbers", "ims", "photos"),
        *("addresses", "entitlements", "roles", "x509certificates"),
        *("employeenumber", "costcenter", "organization", "division", "department", "manager"),
    }
)
_FIXED = frozenset({"id", "meta", "schemas", "groups"})


class Operation(msgspec.Struct, frozen=True):
    op: str
    path: Path | None = None
    value: Any = None


def read(body: Any) -> list[Operation]:
    """The operations of a PATCH. Raises Invalid."""
    said = _folded(body) if isinstance(body, Mapping) else {}
    found = said.get("operations")
    if not isinstance(found, list) or not found:
        raise Invalid("`Operations` is missing: a list of changes", code="invalidSyntax")
    if len(found) > MOST:
        raise Invalid(f"{len(found)} changes at once are too many: up to {MOST}", code="tooMany")
    return [_operation(each) for each in found]


def apply(document: Mapping[str, Any], operations: list[Operation]) -> Document:
    """The document after the changes; what it was stays as it is. Raises Invalid."""
    whole: Document = msgspec.json.decode(msgspec.json.encode(document))
    for operation in operations:
        for path, value in _targets(operation):
            _hold(path)
            if operation.op == "remove":
                _remove(whole, path, value)
            elif path.where is not None:
                _set_elements(whole, path, value, operation.op)
            else:
                _set(whole, path, value, operation.op)
    return whole


def _operation(said: Any) -> Operation:
    fields = _folded(said) if isinstance(said, Mapping) else {}
    op, path = fields.get("op"), fields.get("path")
    if not isinstance(op, str) or op.lower() not in _OPS:
        raise Invalid("`op` is one of add, replace and remove", code="invalidSyntax")
    if path is not None and not isinstance(path, str):
        raise Invalid("`path` is a text", code="invalidPath")
    if not path and op.lower() == "remove":
        raise Invalid("a `remove` needs a `path`", code="noTarget")
    if "value" not in fields and op.lower() != "remove":
        raise Invalid(f"`{op.lower()}` needs a `value`", code="invalidValue")
    return Operation(op.lower(), parse_path(path) if path else None, fields.get("value"))


def _targets(operation: Operation) -> Iterator[tuple[Path, Any]]:
    """Each attribute that is spoken of; without a path, the object says which."""
    if operation.path is not None:
        yield operation.path, operation.value
        return
    if not isinstance(operation.value, Mapping):
        raise Invalid("a change without a `path` has an object as its value", code="invalidValue")
    for name, value in operation.value.items():
        if name.lower().startswith("urn:") and isinstance(value, Mapping):
            yield from ((parse_path(f"{name}:{inner}"), each) for inner, each in value.items())
        else:
            yield parse_path(name), value


def _hold(path: Path) -> None:
    if path.attribute not in _KNOWN:
        raise Invalid(f"`{path.attribute}` is no attribute", code="invalidPath")
    if path.attribute in _FIXED and path.attribute not in ("schemas", "id"):
        raise Invalid(f"`{path.attribute}` is read-only", code="mutability")


def _set(whole: Document, path: Path, value: Any, op: str) -> None:
    key = _key(whole, path.attribute)
    before = whole.get(key)
    if path.part:
        inner = before if isinstance(before, dict) else {}
        whole[key] = inner | {_key(inner, path.part): value}
    elif isinstance(before, list) and op == "add":
        whole[key] = [*before, *(each for each in elements(value) if each not in before)]
    elif isinstance(before, dict) and isinstance(value, Mapping) and op == "add":
        whole[key] = before | {_key(before, name): each for name, each in value.items()}
    else:
        whole[key] = value


def _set_elements(whole: Document, path: Path, value: Any, op: str) -> None:
    """`emails[type eq "work"].value`: of those that fit; where none does, Entra wants one made."""
    key = _key(whole, path.attribute)
    before = [each for each in whole.get(key) or [] if isinstance(each, dict)]
    assert path.where is not None
    fitting = [each for each in before if matches(path.where, each)]
    if not fitting:
        fresh = _made_of(path.where)
        if fresh is None or (op == "replace" and not path.part):
            raise Invalid("nothing fits the filter of the `path`", code="noTarget")
        before.append(fresh)
        fitting = [fresh]
    for each in fitting:
        if path.part:
            each[_key(each, path.part)] = value
        elif isinstance(value, Mapping):
            each.update(value)
    whole[key] = before


def _made_of(where: Filter) -> Document | None:
    parts = where.parts if isinstance(where, Both) else (where,)
    fresh: Document = {}
    for part in parts:
        if not isinstance(part, Compare) or part.operator != "eq":
            return None
        fresh[part.path] = part.value
    return fresh


def _remove(whole: Document, path: Path, value: Any) -> None:
    key = _key(whole, path.attribute)
    before = whole.get(key)
    if path.where is not None:
        _remove_elements(whole, key, path)
    elif path.part:
        if isinstance(before, dict):
            before.pop(_key(before, path.part), None)
    elif value is not None and isinstance(before, list):
        # Entra's older dialect: `remove`, path `members`, and who in the value.
        gone = {_value_of(each) for each in elements(value)}
        whole[key] = [each for each in before if _value_of(each) not in gone]
    else:
        whole.pop(key, None)


def _remove_elements(whole: Document, key: str, path: Path) -> None:
    assert path.where is not None
    kept: list[Any] = []
    for each in whole.get(key) or []:
        if not isinstance(each, dict) or not matches(path.where, each):
            kept.append(each)
        elif path.part:
            each.pop(_key(each, path.part), None)
            kept.append(each)
    whole[key] = kept


def _value_of(element: Any) -> str:
    return str(_folded(element).get("value") if isinstance(element, Mapping) else element)


def _key(document: Mapping[str, Any], name: str) -> str:
    """As the document writes it: names of attributes have no case."""
    return next((key for key in document if key.lower() == name.lower()), name)


def _folded(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key.lower(): value for key, value in document.items()}
