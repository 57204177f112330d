"""The directory under `/estate/v1`: users, groups, service principals, and who one is oneself.

Every address is in `ADDRESSES`, with the action that it takes; authorized before anything is
looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import anyio.to_thread
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ..core.access import GIVES_RIGHTS, Caller, changes_directory
from ..core.activity import by
from ..core.errors import MethodNotAllowed, NotFound
from ..identity.authentication import Authenticator
from . import principal_documents as documents
from . import principal_secrets as secrets
from . import provisioning_tokens as provisioning
from .authentication import caller_of
from .http import bearer, handled, in_thread, query, read_json
from .login.realm import source
from .principal_documents import Asked
from .principal_documents import People as People
from .trail import trail_of

TOKENS = "/estate/v1/provisioningTokens"
Verb = Callable[[People, Asked], Response]


class Address(NamedTuple):
    method: str
    path: str
    # At the scope `/`; none where all that is told is about the caller.
    action: str
    verb: Verb
    # A person may do this for themselves without any role.
    own: bool = False
    # The type of what is sent.
    body: Any = None
    # What is made here outlives the token that asked for it, so it takes more than the token.
    proves: bool = False


def _collection(kind: str) -> list[Address]:
    action, body = f"mlestate.Identity/{kind}", documents.BODIES[kind]
    return [
        Address("GET", f"/estate/v1/{kind}", f"{action}/read", documents.listed),
        Address("GET", f"/estate/v1/{kind}/{{name}}", f"{action}/read", documents.got),
        Address("PUT", f"/estate/v1/{kind}/{{name}}", f"{action}/write", documents.put, body=body),
        Address("DELETE", f"/estate/v1/{kind}/{{name}}", f"{action}/delete", documents.deleted),
    ]


def _release(kind: str) -> Address:
    path, action = f"/estate/v1/{kind}/{{name}}/release", f"mlestate.Identity/{kind}/write"
    return Address("POST", path, action, provisioning.released)


def _secrets(kind: str) -> list[Address]:
    path, action = f"/estate/v1/{kind}/{{name}}/secrets", f"mlestate.Identity/{kind}/secrets"
    own = kind == "users"
    body = secrets.OwnSecretBody if own else secrets.SecretBody
    return [
        Address("GET", path, f"{action}/read", secrets.listed, own),
        Address("POST", path, f"{action}/write", secrets.created, own, body, proves=own),
        Address("DELETE", f"{path}/{{label}}", f"{action}/delete", secrets.revoked, own),
    ]


ADDRESSES = [
    Address("GET", "/estate/v1/me", "", documents.me),
    *_collection("users"),
    *_collection("groups"),
    *_collection("servicePrincipals"),
    *_secrets("users"),
    *_secrets("servicePrincipals"),
    Address(
        "PUT",
        "/estate/v1/users/{name}/password",
        "mlestate.Identity/users/password/write",
        secrets.password_set,
        own=True,
        body=secrets.PasswordBody,
        proves=True,
    ),
    _release("users"),
    _release("groups"),
    Address("GET", TOKENS, "mlestate.Identity/provisioningTokens/read", provisioning.listed),
    Address(
        "POST",
        TOKENS,
        "mlestate.Identity/provisioningTokens/write",
        provisioning.created,
        body=secrets.SecretBody,
    ),
    Address(
        "DELETE",
        f"{TOKENS}/{{label}}",
        "mlestate.Identity/provisioningTokens/delete",
        provisioning.revoked,
    ),
]


def routes(people: People, authenticator: Authenticator) -> list[Route]:
    return [
        Route(
            path, _Path({a.method: a for a in ADDRESSES if a.path == path}, people, authenticator)
        )
        for path in dict.fromkeys(address.path for address in ADDRESSES)
    ]


class _Path:
    """One address with all its methods; an app of its own, so that a method that is not there is
    refused to those who are known, and to others not even that."""

    def __init__(self, addresses: dict[str, Address], people: People, authenticator: Authenticator):
        self._addresses, self._people, self._authenticator = addresses, people, authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await handled(self._handle)(scope, receive, send)

    async def _handle(self, request: Request) -> Response:
        caller = await caller_of(request, self._authenticator)
        method = "GET" if request.method == "HEAD" else request.method
        address = self._addresses.get(method)
        if address is None:
            raise MethodNotAllowed(f"Here are only {', '.join(self._addresses)}.")
        name = request.path_params.get("name", "")
        authorize(caller, address, name)
        asked = Asked(
            caller=caller,
            by=by(caller, trail_of(request.scope).asked),
            kind=address.path.split("/")[3],
            name=name,
            label=request.path_params.get("label", ""),
            body=await read_json(request),
            query=query(request),
            source=source(request),
        )
        if not address.proves:
            response: Response = await in_thread(address.verb, self._people, asked)
            return response
        age = await in_thread(self._authenticator.age, bearer(request))
        return await anyio.to_thread.run_sync(
            address.verb, self._people, replace(asked, age=age), limiter=self._people.threads
        )


def named(caller: Caller, method: str, id: str) -> tuple[str, str]:
    """The collection and the name of a principal's address, if the caller may do that there."""
    address, _, name = id.rpartition("/")
    for one in ADDRESSES:
        if one.method == method and one.path == f"{address}/{{name}}":
            authorize(caller, one, name)
            return one.path.split("/")[3], name
    raise NotFound(f"there is nothing at `{id}`", code="NotFound")


def authorize(caller: Caller, address: Address, name: str) -> None:
    """Raises Forbidden."""
    if not address.action or (address.own and is_self(caller, name)):
        return
    if changes_directory(address.action):
        caller.need_both(address.action, GIVES_RIGHTS, "/")
    else:
        caller.need(address.action, "/")


def is_self(caller: Caller, name: str) -> bool:
    """Not a job: it has the name of its submitter, and must not get what outlives it."""
    return caller.kind == "User" and caller.name.casefold() == name.casefold()
