"""The addresses of Microsoft Graph that are answered, all of them to read.

Each takes the action that stands beside it at the scope `/`, less what `sight` lets through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ...core.errors import MethodNotAllowed
from ...identity.authentication import Authenticator
from ...identity.directory import Directory
from ..authentication import caller_of
from ..http import handled, in_thread, query, read_json, view
from . import answers
from .answers import Asked, GroupIds, Ids
from .documents import COLLECTIONS

HEAD = "/v1.0"
Verb = Callable[[Directory, Asked], Response]
_QUERY = ("$filter", "$top", "$skiptoken", "$select")


class Address(NamedTuple):
    method: str
    path: str
    # Empty where all that is told is about the caller, or what the caller knows already.
    action: str
    verb: Verb
    kind: str = ""
    body: Any = None
    query: tuple[str, ...] = ()


def _collection(kind: str) -> list[Address]:
    action = f"mlestate.Identity/{kind}/read"
    groups = "mlestate.Identity/groups/read"
    one = f"{HEAD}/{kind}/{{name}}"
    return [
        Address("GET", f"{HEAD}/{kind}", action, answers.listed, kind, None, _QUERY),
        Address("GET", one, action, answers.got, kind, None, ("$select",)),
        Address("POST", f"{one}/getMemberGroups", groups, answers.groups_of, kind),
    ]


ADDRESSES = (
    Address("GET", f"{HEAD}/me", "", answers.me, query=("$select",)),
    Address("POST", f"{HEAD}/me/getMemberGroups", "", answers.groups_of),
    *(address for kind in COLLECTIONS for address in _collection(kind)),
    Address(
        "GET",
        f"{HEAD}/groups/{{name}}/members",
        "mlestate.Identity/groups/read",
        answers.members,
        "groups",
    ),
    Address("POST", f"{HEAD}/directoryObjects/getByIds", "", answers.by_ids, "", Ids),
    Address(
        "POST",
        f"{HEAD}/directoryObjects/{{name}}/checkMemberGroups",
        "mlestate.Identity/groups/read",
        answers.in_groups,
        "",
        GroupIds,
    ),
)


def routes(directory: Directory, authenticator: Authenticator) -> list[Route]:
    return [
        Route(
            path,
            _Path({a.method: a for a in ADDRESSES if a.path == path}, directory, authenticator),
        )
        for path in dict.fromkeys(address.path for address in ADDRESSES)
    ]


class _Path:
    """One address with its methods; an app of its own, so that a method that is not there is
    refused to those who are known, and to others not even that."""

    def __init__(
        self, addresses: dict[str, Address], directory: Directory, authenticator: Authenticator
    ):
        self._addresses, self._directory = addresses, directory
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await handled(self._handle)(scope, receive, send)

    async def _handle(self, request: Request) -> Response:
        caller = await caller_of(request, self._authenticator)
        address = self._addresses.get("GET" if request.method == "HEAD" else request.method)
        if address is None:
            raise MethodNotAllowed(
                "Microsoft Graph is read here: people, groups and service principals are changed "
                "in the estate's file, or below `/estate/v1/`"
            )
        asked = Asked(
            caller=caller,
            kind=address.kind,
            name=request.path_params.get("name", ""),
            body=await read_json(request),
            query=query(request),
            origin=view(request).origin,
        )
        response: Response = await in_thread(address.verb, self._directory, asked)
        return response
