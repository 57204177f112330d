"""Who holds which role where, as a list shows it: with names instead of ids, as far as whoever
asks may know them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..client.client import Client
from ..core import roles
from ..core.errors import PlatformError
from .times import moment

Document = Mapping[str, Any]
COLUMNS = ("name", "state", "principal", "role", "scope", "until")
_BY_IDS = "/v1.0/directoryObjects/getByIds"
_MOST = 1000
_OURS = "@mlestate.local"


def is_grant(document: Document) -> bool:
    said = document.get("properties") or {}
    return "principalId" in said and "roleDefinitionId" in said


def rows(client: Client, documents: Sequence[Document]) -> list[dict[str, Any]]:
    said = [each["properties"] for each in documents]
    people = _people(client, said)
    called = _roles(client, said)
    return [
        {
            "name": document["name"],
            "state": properties.get("status"),
            "principal": people[str(properties["principalId"])],
            "role": called[str(properties["roleDefinitionId"])],
            "scope": properties.get("scope"),
            "until": _until(properties),
        }
        for document, properties in zip(documents, said, strict=True)
    ]


def _people(client: Client, said: Iterable[Document]) -> dict[str, str]:
    found = {str(each["principalId"]): _expanded(each, "principal") for each in said}
    missing = [id for id, name in found.items() if not name]
    known = dict(_looked_up(client, missing))
    return {id: name or known.get(id.lower(), id) for id, name in found.items()}


def _looked_up(client: Client, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The names of those whom the caller may know."""
    for start in range(0, len(ids), _MOST):
        try:
            found = client.post(_BY_IDS, {"ids": ids[start : start + _MOST]})
        except PlatformError:
            return  # the ids themselves are told then
        for each in found.get("value", ()):
            yield str(each["id"]).lower(), _called(each)


def _called(principal: Document) -> str:
    """As the estate calls them, and not as they are shown."""
    first = (principal.get("servicePrincipalNames") or [""])[0]
    name = principal.get("userPrincipalName") or first or principal.get("mailNickname")
    return str(name).removesuffix(_OURS)


def _roles(client: Client, said: Iterable[Document]) -> dict[str, str]:
    found = {str(each["roleDefinitionId"]): _expanded(each, "roleDefinition") for each in said}
    return {id: name or _role(client, id) for id, name in found.items()}


def _role(client: Client, id: str) -> str:
    if built_in := roles.by_id(id):
        return built_in.name
    try:
        custom = client.get(id)
    except PlatformError:
        custom = None
    return str(custom["properties"]["roleName"]) if custom else id.rpartition("/")[2]


def _expanded(said: Document, what: str) -> str:
    expanded = said.get("expandedProperties") or {}
    return str((expanded.get(what) or {}).get("displayName") or "")


def _until(said: Document) -> str:
    at = said.get("activeUntil") or said.get("endDateTime")
    return moment(str(at)) if at else ""
