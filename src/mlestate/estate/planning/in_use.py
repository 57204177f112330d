"""What goes out of the file, and somebody has given by hand: the server keeps a role that is given,
and without its terms what is within reach would be had more easily."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...catalog.role_policies import ASSIGNMENTS as TERMS
from ...catalog.schedule_requests import ELIGIBILITIES, Status
from ...core.role_ids import guid
from ..desired import Desired, Document
from .companions import DEFINITIONS, GRANTS, type_of

_OVER = frozenset(
    each.value for each in (Status.REVOKED, Status.DENIED, Status.CANCELED, Status.TIMED_OUT)
)
_ENDING = ("AdminRemove", "SelfDeactivate")


def in_use(now: Sequence[Desired], actual: Mapping[str, Document]) -> dict[str, str]:
    """Of those that go, in lower case, one id each that gives the role, or that rests on the terms,
    and does not go. `actual` is what there is by then."""
    going = {each.id.lower() for each in now}
    given: dict[tuple[str, str], str] = {}
    for key, document in actual.items():
        if key not in going and type_of(key) in GRANTS and _counts(document, going):
            role = guid(str(_said(document).get("roleDefinitionId")))
            id = str(document.get("id") or key)
            given.setdefault(("", role), id)
            if type_of(key) == ELIGIBILITIES:
                given.setdefault((_scope(key), role), id)
    found = ((each.id.lower(), given.get(_looked_for(each), "")) for each in now)
    return {key: id for key, id in found if id}


def _looked_for(gone: Desired) -> tuple[str, str]:
    if gone.type == DEFINITIONS:
        return "", guid(gone.id)
    if gone.type == TERMS:
        return _scope(gone.id.lower()), guid(str(_said(gone.body).get("roleDefinitionId")))
    return "", ""


def _counts(document: Document, going: set[str]) -> bool:
    """Not what is over, what ended something, or what ends with that which goes."""
    said = _said(document)
    if said.get("status") in _OVER or said.get("requestType") in _ENDING:
        return False
    return str(said.get("restsOn") or "").lower() not in going


def _scope(key: str) -> str:
    return key.rpartition("/providers/")[0]


def _said(document: Document) -> Document:
    said = document.get("properties")
    return said if isinstance(said, Mapping) else {}
