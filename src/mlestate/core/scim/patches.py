"""PATCH of SCIM on a document, in the dialects of Entra (a path for everything, `Add`) and of Okta
(no path, an object). What it says of extensions is passed over: nothing of them is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ..errors import Invalid, TooLarge
from .elements import Effort, Elements
from .filters import Both, Compare, Filter, Path, parse_path

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
# Those that have several values, whether one is said or a list.
_SEVERAL = frozenset(
    {
        *("members", "emails", "phonenumbers", "ims", "photos", "addresses", "entitlements"),
        *("roles", "x509certificates"),
    }
)
_MOST_PARTS = 100
_CORE = "urn:ietf:params:scim:schemas:core:2.0:"
_FIXED = frozenset({"id", "meta", "schemas", "groups"})


class Operation(msgspec.Struct, frozen=True):
    """One attribute, or some of its elements, and what becomes of it."""

    op: str
    path: Path
    value: Any = None


def read(body: Any) -> list[Operation]:
    """The changes that a PATCH asks for. Raises Invalid and TooLarge."""
    said = _folded(body) if isinstance(body, Mapping) else {}
    found = said.get("operations")
    if not isinstance(found, list) or not found:
        raise Invalid("`Operations` is missing: a list of changes", code="invalidSyntax")
    operations: list[Operation] = []
    for each in found:
        for operation in _operations(each):
            _hold(operation.path)
            operations.append(operation)
            if len(operations) > MOST:
                raise TooLarge(
                    f"more than {MOST} changes at once are too many: send them in several requests",
                    code="tooMany",
                )
    return operations


def apply(document: Mapping[str, Any], operations: list[Operation]) -> Document:
    """The document after the changes; what it was stays as it is. Raises Invalid and TooLarge."""
    patched = _Patched(document)
    for operation in operations:
        patched.change(operation)
    return patched.whole()


def _operations(said: Any) -> Iterator[Operation]:
    """Each attribute that is spoken of; without a path, the object says which."""
    fields = _folded(said) if isinstance(said, Mapping) else {}
    op, path, value = fields.get("op"), fields.get("path"), fields.get("value")
    if not isinstance(op, str) or op.lower() not in _OPS:
        raise Invalid("`op` is one of add, replace and remove", code="invalidSyntax")
    if path is not None and not isinstance(path, str):
        raise Invalid("`path` is a text", code="invalidPath")
    if not path and op.lower() == "remove":
        raise Invalid("a `remove` needs a `path`", code="noTarget")
    if "value" not in fields and op.lower() != "remove":
        raise Invalid(f"`{op.lower()}` needs a `value`", code="invalidValue")
    if path:
        if not _is_extension(path):
            yield Operation(op.lower(), parse_path(path), value)
    elif isinstance(value, Mapping):
        yield from _spoken_of(op.lower(), value)
    else:
        raise Invalid("a change without a `path` has an object as its value", code="invalidValue")


def _spoken_of(op: str, value: Mapping[str, Any]) -> Iterator[Operation]:
    for name, each in value.items():
        if _is_extension(name):
            continue
        if name.lower().startswith(_CORE) and isinstance(each, Mapping):
            for inner, part in each.items():
                yield Operation(op, parse_path(f"{name}:{inner}"), part)
        else:
            yield Operation(op, parse_path(name), each)


def _is_extension(name: str) -> bool:
    """Whether it is of a schema beside the core, whosever: directories send what is mapped there,
    needed or not. An attribute that is called as one of the core is another one."""
    low = name.strip().lower()
    return low.startswith("urn:") and not low.startswith(_CORE)


def _hold(path: Path) -> None:
    if path.attribute not in _KNOWN:
        raise Invalid(f"`{path.attribute}` is no attribute", code="invalidPath")
    if path.attribute in _FIXED and path.attribute not in ("schemas", "id"):
        raise Invalid(f"`{path.attribute}` is read-only", code="mutability")


class _Patched:
    """A document on its way. Its lists are taken apart once, at the first change of each."""

    def __init__(self, document: Mapping[str, Any]):
        self._whole: Document = msgspec.json.decode(msgspec.json.encode(document))
        self._lists: dict[str, Elements] = {}
        self._effort = Effort()

    def whole(self) -> Document:
        return self._whole | {key: each.whole for key, each in self._lists.items()}

    def change(self, operation: Operation) -> None:
        op, path, value = operation.op, operation.path, operation.value
        key = _key(self._whole, path.attribute)
        if path.where is not None and op == "remove":
            self._remove_elements(key, path.where, path.part)
        elif path.where is not None:
            self._set_elements(key, path.where, path.part, value, op)
        elif op == "remove":
            self._remove(key, path.part, value)
        else:
            self._set(key, path, value, op)

    def _set(self, key: str, path: Path, value: Any, op: str) -> None:
        before = self._whole.get(key)
        if path.part:
            self._set_part(key, {path.part: value})
        elif isinstance(before, list) and op == "add":
            self._list(key).add(value)
        elif path.attribute in _SEVERAL and value is not None:
            self._whole[key], self._lists[key] = [], Elements(self._effort, value)
        elif isinstance(before, dict) and isinstance(value, Mapping) and op == "add":
            self._set_part(key, value)
        else:
            self._put(key, value)

    def _set_part(self, key: str, said: Mapping[str, Any]) -> None:
        before = self._whole.get(key)
        inner = before if isinstance(before, dict) else {}
        known = {name.lower(): name for name in inner}
        self._put(key, inner | {known.get(name.lower(), name): part for name, part in said.items()})

    def _put(self, key: str, value: Any) -> None:
        if isinstance(value, dict) and len(value) > _MOST_PARTS:
            raise TooLarge(f"`{key}` has up to {_MOST_PARTS} parts", code="tooMany")
        self._whole[key] = value
        self._lists.pop(key, None)

    def _set_elements(self, key: str, where: Filter, part: str, value: Any, op: str) -> None:
        """`emails[type eq "work"].value`: of those that fit; where none does, Entra wants one
        made."""
        found = self._list(key)
        fitting = found.fitting(where)
        if not fitting:
            fresh = _made_of(where)
            if fresh is None or (op == "replace" and not part):
                raise Invalid("nothing fits the filter of the `path`", code="noTarget")
            fitting = [found.append(fresh)]
        said = {part: value} if part else value
        if isinstance(said, Mapping):
            for row in fitting:
                found.change(row, said)

    def _remove(self, key: str, part: str, value: Any) -> None:
        before = self._whole.get(key)
        if part:
            if isinstance(before, dict):
                before.pop(_key(before, part), None)
        elif value is not None and isinstance(before, list):
            self._list(key).remove_values(value)
        else:
            self._whole.pop(key, None)
            self._lists.pop(key, None)

    def _remove_elements(self, key: str, where: Filter, part: str) -> None:
        found = self._list(key)
        fitting = found.fitting(where)
        if not part:
            found.remove(fitting)
            return
        for row in fitting:
            found.drop_part(row, part)

    def _list(self, key: str) -> Elements:
        if key not in self._lists:
            self._lists[key] = Elements(self._effort, self._whole.get(key) or [])
            self._whole[key] = []
        return self._lists[key]


def _made_of(where: Filter) -> Document | None:
    parts = where.parts if isinstance(where, Both) else (where,)
    fresh: Document = {}
    for part in parts:
        if not isinstance(part, Compare) or part.operator != "eq":
            return None
        fresh[part.path] = part.value
    return fresh


def _key(document: Mapping[str, Any], name: str) -> str:
    """As the document writes it: names of attributes have no case."""
    return next((key for key in document if key.lower() == name.lower()), name)


def _folded(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key.lower(): value for key, value in document.items()}
