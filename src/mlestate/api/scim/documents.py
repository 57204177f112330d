"""People and groups as documents of SCIM, and back. What mlestate has no use for is not kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from ...core.errors import Invalid
from ...core.principals import Kind
from ...core.scim.filters import elements
from ...identity.provisioning.provisioning import Seen, Wanted

CORE = "urn:ietf:params:scim:schemas:core:2.0:"
NAME = ("formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix")
EMAIL = ("value", "display", "type", "primary")
_LONGEST = 256
_MOST_EMAILS = 50
Document = dict[str, Any]


def document(seen: Seen, origin: str) -> Document:
    kind = seen.principal.kind
    collection = f"{origin}/scim/v2/{kind}s"
    told: Document = {"schemas": [CORE + kind], "id": seen.principal.id}
    if seen.own.external_id is not None:
        told["externalId"] = seen.own.external_id
    told |= _person(seen, origin) if kind == "User" else _group(seen, origin)
    told["meta"] = {
        "resourceType": kind,
        "created": _moment(seen.own.created),
        "lastModified": _moment(seen.own.modified),
        "location": f"{collection}/{seen.principal.id}",
    }
    return told


def wanted(kind: Kind, said: Any) -> Wanted:
    """Raises Invalid, with every fault."""
    if not isinstance(said, Mapping):
        raise Invalid("the body is an object", code="invalidSyntax")
    reader = _Reader(said)
    found = reader.person() if kind == "User" else reader.group()
    if len(reader.faults) > 1:
        details = tuple(Invalid(fault, code="invalidValue") for fault in reader.faults)
        raise Invalid("; ".join(reader.faults), code="invalidValue", details=details)
    if reader.faults:
        raise Invalid(reader.faults[0], code="invalidValue")
    return found


def replacing(kind: Kind, said: Any, seen: Seen) -> Wanted:
    """As `wanted`, in place of what there is: who is `active` stays so where that is not said."""
    found = wanted(kind, said)
    before = {key: each for key, each in seen.own.document.items() if key == "active"}
    return msgspec.structs.replace(found, document=before | dict(found.document))


def shown(told: Document, only: Collection[str], without: Collection[str]) -> Document:
    """With the attributes that were asked for. The id and the schemas are always told."""
    if only:
        return _only(told, only)
    return _without(told, without) if without else told


def names(text: Any) -> list[str]:
    """`attributes` and `excludedAttributes`: in a query a text, in a search a list."""
    parts = text.split(",") if isinstance(text, str) else elements(text or [])
    plain = [str(part).strip() for part in parts if str(part).strip()]
    return [each.rpartition(":")[2].lower() for each in plain]


def _person(seen: Seen, origin: str) -> Document:
    groups = [
        {"value": id, "display": name, "$ref": f"{origin}/scim/v2/Groups/{id}", "type": "direct"}
        for id, name in seen.groups
    ]
    own: Document = {"userName": seen.own.handle, **seen.own.document}
    if "active" in own:
        own["active"] = seen.principal.enabled
    return own | ({"groups": groups} if groups else {})


def _group(seen: Seen, origin: str) -> Document:
    members = [
        {"value": id, "type": kind, "$ref": f"{origin}/scim/v2/{kind}s/{id}"}
        for id, kind in seen.members
    ]
    return {"displayName": seen.own.handle} | ({"members": members} if members else {})


class _Reader:
    """Names of attributes have no case; what is sent in vain (null, empty) is not sent, and what
    is not sent opens nothing: who is disabled stays so until `active` is true."""

    def __init__(self, said: Mapping[str, Any]):
        self._said = {key.lower(): value for key, value in said.items() if value is not None}
        self.faults: list[str] = []

    def person(self) -> Wanted:
        handle, shown = self._needed("userName"), self._text("displayName")
        name, emails = self._name(), self._emails()
        kept: Document = {"displayName": shown, "name": name, "emails": emails}
        if "active" in self._said:
            kept["active"] = True  # it has been said: what it is, is kept with the principal
        return Wanted(
            handle,
            self._text("externalId") or None,
            shown or _called(name) or handle,
            self._active(),
            {key: value for key, value in kept.items() if value},
        )

    def group(self) -> Wanted:
        handle = self._needed("displayName")
        external_id = self._text("externalId") or None
        return Wanted(handle, external_id, handle, None, {}, self._members())

    def _needed(self, name: str) -> str:
        found = self._text(name).strip()
        if not found and not any(f"`{name}`" in fault for fault in self.faults):
            self.faults.append(f"`{name}` is missing")
        return found

    def _text(self, name: str) -> str:
        found = self._said.get(name.lower(), "")
        if not isinstance(found, str) or len(found) > _LONGEST or "\0" in found:
            self.faults.append(f"`{name}` is a text of up to {_LONGEST} characters")
            return ""
        return found

    def _active(self) -> bool | None:
        found = self._said.get("active")
        if found is None:
            return None
        if isinstance(found, str):  # so Entra writes it
            found = {"true": True, "false": False}.get(found.lower())
        if not isinstance(found, bool):
            self.faults.append("`active` is true or false")
            return False
        return found

    def _name(self) -> Document:
        found = self._said.get("name", {})
        if not isinstance(found, Mapping):
            self.faults.append("`name` is an object")
            return {}
        return self._texts(found, NAME, "name")

    def _emails(self) -> list[Document]:
        found = self._said.get("emails", [])
        if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
            self.faults.append("`emails` is a list of objects")
            return []
        if len(found) > _MOST_EMAILS:
            self.faults.append(f"`emails` are up to {_MOST_EMAILS}")
            return []
        return [kept for each in found if (kept := self._texts(each, EMAIL, "emails"))]

    def _texts(self, said: Mapping[str, Any], known: tuple[str, ...], where: str) -> Document:
        folded = {key.lower(): value for key, value in said.items()}
        kept: Document = {}
        for name in known:
            value = folded.get(name.lower())
            if value is None or value == "":
                continue
            if name == "primary":
                value = value if isinstance(value, bool) else str(value).lower() == "true"
            elif not isinstance(value, str) or len(value) > _LONGEST:
                self.faults.append(f"`{where}.{name}` is a text of up to {_LONGEST} characters")
                continue
            kept[name] = value
        return kept

    def _members(self) -> tuple[str, ...]:
        found = self._said.get("members", [])
        ids: list[str] = []
        for each in elements(found):
            value = each.get("value") if isinstance(each, Mapping) else each
            if not isinstance(value, str) or not value:
                self.faults.append("`members` is a list of objects, each with an id as its `value`")
                return ()
            ids.append(value)
        return tuple(dict.fromkeys(ids))


def _called(name: Document) -> str:
    parts = (name.get("givenName", ""), name.get("familyName", ""))
    return str(name.get("formatted") or " ".join(part for part in parts if part))


def _only(told: Document, only: Collection[str]) -> Document:
    kept: Document = {}
    for key, value in told.items():
        low = key.lower()
        parts = {each.partition(".")[2] for each in only if each.partition(".")[0] == low}
        if low in ("id", "schemas") or low in only:
            kept[key] = value
        elif parts:
            kept[key] = _of_each(value, lambda name, wanted=parts: name in wanted)
    return kept


def _without(told: Document, without: Collection[str]) -> Document:
    kept: Document = {}
    for key, value in told.items():
        low = key.lower()
        parts = {each.partition(".")[2] for each in without if each.startswith(f"{low}.")}
        if low in ("id", "schemas") or low not in without:
            kept[key] = _of_each(value, lambda name, cut=parts: name not in cut) if parts else value
    return kept


def _of_each(value: Any, keep: Any) -> Any:
    if isinstance(value, list):
        return [_of_each(each, keep) for each in value]
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if keep(key.lower())}
    return value


def _moment(at: float) -> str:
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
