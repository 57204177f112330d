"""Roles that are held for some time: to ask for one, to decide, and to see how it stands."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from ..client.client import Client
from ..core import durations
from ..core.errors import Invalid, NotFound
from .audits import result
from .output import table
from .reach import suggestion
from .times import moment

Document = Mapping[str, Any]
_AUTHORIZATION = "/providers/Microsoft.Authorization"
ELIGIBLE = f"{_AUTHORIZATION}/roleEligibilityScheduleInstances"
ACTIVE = f"{_AUTHORIZATION}/roleAssignmentScheduleInstances"
REQUESTS = f"{_AUTHORIZATION}/roleAssignmentScheduleRequests"
APPROVALS = f"{_AUTHORIZATION}/roleAssignmentApprovals"
REPORT = "/estate/v1/access/report"
_MINE = {"$filter": "asTarget()"}
_WAITS, _HELD, _ASKED = "PendingApproval", "Provisioned", "InProgress"
_BEGINS = ("SelfActivate", "AdminAssign")
_ENDS = {"SelfDeactivate": "given back", "AdminRemove": "taken back"}
COLUMNS = ("state", "role", "who", "scope", "until", "reason", "decided by", "why", "id")


class Wanted(NamedTuple):
    type: str
    role: str
    scope: str
    reason: str
    hours: float
    ticket: str = ""
    glass: bool = False


def ask(client: Client, wanted: Wanted) -> Document:
    """The request as it was answered: held at once, or waiting for approval."""
    chosen = _one(_eligible(client, wanted), wanted.role, wanted.scope, _verb(wanted))
    said = chosen["properties"]
    duration = durations.text(wanted.hours * 3600)
    body = {
        "roleDefinitionId": said["roleDefinitionId"],
        "principalId": client_id(client),
        "requestType": wanted.type,
        "justification": wanted.reason,
        "scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": duration}},
        "linkedRoleEligibilityScheduleId": said["roleEligibilityScheduleId"],
        **({"ticketInfo": {"ticketNumber": wanted.ticket}} if wanted.ticket else {}),
    }
    return _put(client, said["scope"], body)


def give_back(client: Client, role: str, scope: str) -> Document:
    held = list(client.list(ACTIVE, _MINE))
    said = _one(held, role, scope, "give back")["properties"]
    body = {
        "roleDefinitionId": said["roleDefinitionId"],
        "principalId": said["principalId"],
        "requestType": "SelfDeactivate",
    }
    return _put(client, said["scope"], body)


def decide(client: Client, id: str, result: str, reason: str) -> str:
    """What became of it, in a line."""
    approval = _found(_for_me(client), id, "request that waits for you")
    name = approval["name"]
    stage = f"{approval['id']}/stages/{name}"
    client.put(stage, {"properties": {"reviewResult": result, "justification": reason}})
    said = approval["properties"]
    word = "approved" if result == "Approve" else "refused"
    return f"{word}: `{said['role']}` for {said['requestor']} at {said['scope']}"


def everything(client: Client, over: bool) -> dict[str, list[Document]]:
    """What the caller may activate, and the requests that they may see."""
    rows = [each for each in client.list(REQUESTS) if over or _open(each)]
    return {"eligible": sorted(client.list(ELIGIBLE, _MINE), key=_place), "requests": rows}


def waiting(client: Client) -> list[Document]:
    """Of those that the caller may see, what waits, and what is held for an emergency."""
    return [each for each in client.list(REQUESTS) if _open(each) and _urgent(each)]


def waiting_named(client: Client, id: str) -> Document:
    rows = (each for each in client.list(REQUESTS) if each["properties"]["status"] == _WAITS)
    return _found(rows, id, "request that waits")


def request_named(client: Client, id: str) -> Document:
    return _found(client.list(REQUESTS), id, "request")


def report_of(client: Client, id: str) -> Document:
    """Without an id, of the last emergency."""
    if not id:
        broken = [each for each in client.list(REQUESTS) if each["properties"].get("breakGlass")]
        if not broken:
            raise NotFound("no glass was broken that you may know of: name a request")
        id = str(max(broken, key=lambda each: str(each["properties"]["createdOn"]))["name"])
    return client.page(REPORT, {"request": str(request_named(client, id)["id"])})


def activated(request: Document) -> str:
    said = request["properties"]
    role, scope = _role(said), said["scope"]
    if said["status"] == _WAITS:
        until = moment(said["waitsUntil"])
        return f"{request['name']}: `{role}` at {scope} waits for approval until {until}"
    return f"{request['name']}: `{role}` at {scope} is yours until {moment(said['activeUntil'])}"


def listed(found: Mapping[str, list[Document]]) -> str:
    rows = [
        {
            "state": "emergency" if each["properties"].get("breakGlass") else "eligible",
            "role": _role(each["properties"]),
            "scope": each["properties"]["scope"],
            "until": _until(each["properties"].get("endDateTime")),
        }
        for each in found["eligible"]
    ]
    return table([*rows, *map(row, found["requests"])], COLUMNS) or "there is nothing"


def row(request: Document) -> dict[str, Any]:
    said = request["properties"]
    principal = (said.get("expandedProperties") or {}).get("principal") or {}
    decision = said.get("decision") or {}
    return {
        "state": _state(said),
        "role": _role(said),
        "who": principal.get("displayName"),
        "scope": said["scope"],
        "until": _until(said.get("waitsUntil" if said["status"] == _WAITS else "activeUntil")),
        "reason": said.get("justification"),
        "decided by": (decision.get("by") or {}).get("principalName"),
        "why": decision.get("reason"),
        "id": request["name"],
    }


def reported(found: Document) -> str:
    head = row(found["request"])
    lines = [f"{key}: {value}" for key, value in head.items() if value]
    done = [_done(each) for each in found["value"]]
    columns = ("at", "result", "action", "resource")
    shown = table(done, columns) if done else "nothing was written or done"
    return "\n".join([*lines, "", shown])


def _done(event: Document) -> Document:
    refused = event["code"] == HTTPStatus.FORBIDDEN
    word = result(str(event["status"]), refused, int(event["requests"]))
    return {**event, "at": moment(event["at"]), "result": word}


def _for_me(client: Client) -> list[Document]:
    """What the caller may decide on now."""
    return [
        each
        for each in client.list(APPROVALS)
        for stage in each["properties"].get("stages") or ()
        if each["properties"]["status"] == _ASKED and stage["properties"].get("assignedToMe")
    ]


def client_id(client: Client) -> str:
    return str((client.get("/estate/v1/me") or {}).get("id"))


def _place(eligible: Document) -> tuple[bool, str, str]:
    """Emergencies last."""
    said = eligible["properties"]
    return bool(said.get("breakGlass")), said["scope"].lower(), _role(said)


def _put(client: Client, scope: str, body: Document) -> Document:
    place = "" if scope == "/" else scope
    return client.put(f"{place}{REQUESTS}/{uuid.uuid4()}", {"properties": body})


def _verb(wanted: Wanted) -> str:
    if wanted.glass:
        return "take in an emergency"
    return "extend" if wanted.type == "SelfExtend" else "activate"


def _eligible(client: Client, wanted: Wanted) -> list[Document]:
    found = client.list(ELIGIBLE, _MINE)
    return [each for each in found if bool(each["properties"].get("breakGlass")) == wanted.glass]


def _one(found: Iterable[Document], role: str, scope: str, verb: str) -> Document:
    """The one of that role and scope. Raises where there is none, or more than one."""
    known = list(found)
    fits = [each for each in known if not role or _same(_role(each["properties"]), role)]
    fits = [each for each in fits if not scope or _is_at(each["properties"], scope)]
    places = {(_role(each["properties"]), each["properties"]["scope"]) for each in fits}
    if len(places) == 1:
        return fits[0]
    if places:
        said = ", ".join(f"`{scope}`" for _, scope in sorted(places))
        raise Invalid(f"you may {verb} that in {len(places)} places, say which: {said}")
    if not known:
        raise NotFound(_NONE[verb], code="RoleNotEligible")
    here = [f"`{_role(each['properties'])}` at {each['properties']['scope']}" for each in known]
    raise NotFound(
        f"there is no such role that you may {verb}: there is {'; '.join(here)}",
        code="RoleNotEligible",
    )


_OWNER = "who owns the place may let you, with `{}` in the estate file"
_NONE = {
    "activate": f"there is no role that you may activate: {_OWNER.format('eligible')}",
    "extend": f"there is no role that you may extend: {_OWNER.format('eligible')}",
    "take in an emergency": (
        f"there is no role that you may take in an emergency: {_OWNER.format('breakGlass')}"
    ),
    "give back": "you hold no role for a time, so there is nothing to give back",
}


def _is_at(said: Document, scope: str) -> bool:
    """By its id, its name, or as the estate says that people call it."""
    place = str(said["scope"])
    called = ((said.get("expandedProperties") or {}).get("scope") or {}).get("called") or ()
    names = (place, place.rpartition("/")[2], *map(str, called))
    return any(_same(each, scope.rstrip("/")) for each in names)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _found(rows: Iterable[Document], id: str, what: str) -> Document:
    """By its id or how its name begins, or those of the request that it is about; the only one,
    where nothing is said."""
    known = list(rows)
    fits = [each for each in known if any(_fits(one, id.lower()) for one in _ids(each))]
    if len(fits) == 1:
        return fits[0]
    if fits:
        shown = "name" if len({each["name"] for each in fits}) == len(fits) else "id"
        said = ", ".join(f"`{each[shown]}`" for each in fits)
        raise Invalid(f"there are {len(fits)}: say which: {said}")
    named = f" `{id}`" if id else ""
    names = [str(each["name"]) for each in known]
    raise NotFound(f"there is no {what}{named}{suggestion(id, names)}")


def _ids(each: Document) -> list[str]:
    """Of an approval also the one by which its requester knows it."""
    return [str(each["id"]), str(each["properties"].get("requestId") or each["id"])]


def _fits(known: str, wanted: str) -> bool:
    if "/" in wanted:
        return known.lower() == wanted
    return known.rpartition("/")[2].lower().startswith(wanted)


def _role(said: Document) -> str:
    expanded = said.get("expandedProperties") or {}
    return str((expanded.get("roleDefinition") or {}).get("displayName") or "")


def _state(said: Document) -> str:
    if said["status"] == _HELD:
        return "emergency held" if said.get("breakGlass") else "held"
    if ended := _ENDS.get(str(said.get("requestType"))):
        return ended
    return _STATES.get(str(said["status"]), str(said["status"]))


_STATES = {
    _WAITS: "waits",
    "Denied": "refused",
    "Canceled": "cancelled",
    "Revoked": "over",
    "TimedOut": "nobody decided",
}


def _open(request: Document) -> bool:
    said = request["properties"]
    return said["status"] == _WAITS or (said["status"] == _HELD and said["requestType"] in _BEGINS)


def _urgent(request: Document) -> bool:
    said = request["properties"]
    return said["status"] == _WAITS or bool(said.get("breakGlass"))


def _until(at: Any) -> str:
    return moment(str(at)) if at else ""
