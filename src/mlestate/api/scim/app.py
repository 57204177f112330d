"""The addresses of SCIM, who may ask at them, and what is done there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from ...core import numbers
from ...core.access import GIVES_RIGHTS, Caller, changes_directory
from ...core.activity import By, by
from ...core.errors import Invalid, MethodNotAllowed, NotFound, PlatformError, Unauthenticated
from ...core.principals import Kind
from ...core.scim import patches
from ...core.scim.filters import parse
from ...identity.provisioning.provisioning import COLLECTIONS, Provisioning, Seen
from ...identity.provisioning.tokens import PREFIX, ProvisioningTokens
from ...identity.throttle import Throttle
from ..http import Authenticate, bearer, handled, in_thread, read_json, view
from ..routed import KNOWN_PATH, Routed
from ..trail import trail_of
from . import bodies, schemas
from .answers import answer, page, refuse
from .documents import document, names, replacing, shown, wanted
from .schemas import LARGEST_PAGE

_KINDS: dict[str, Kind] = {"Users": "User", "Groups": "Group"}
_PAGE = 100
_SHOWN, _PAGED = ("attributes", "excludedAttributes"), ("filter", "startIndex", "count")


class Asked(NamedTuple):
    caller: Caller
    by: By
    kind: Kind
    id: str
    body: Any
    origin: str
    only: list[str]
    without: list[str]

    def told(self, seen: Seen) -> dict[str, Any]:
        return shown(document(seen, self.origin), self.only, self.without)


Verb = Callable[[Provisioning, Asked], Response]


class Address(NamedTuple):
    method: str
    path: str
    action: str
    verb: Verb
    # The type of what is sent, and what is read of the query.
    body: Any = None
    query: tuple[str, ...] = ()


def _collection(name: str) -> list[Address]:
    whole = bodies.PushedPerson if name == "Users" else bodies.PushedGroup
    path, action = f"/scim/v2/{name}", f"mlestate.Identity/{COLLECTIONS[_KINDS[name]]}"
    one = f"{path}/{{id}}"
    return [
        Address("GET", path, f"{action}/read", _listed, query=(*_SHOWN, *_PAGED)),
        Address("POST", path, f"{action}/write", _created, whole, _SHOWN),
        Address("POST", f"{path}/.search", f"{action}/read", _listed, bodies.Search),
        Address("GET", one, f"{action}/read", _got, query=_SHOWN),
        Address("PUT", one, f"{action}/write", _replaced, whole, _SHOWN),
        Address("PATCH", one, f"{action}/write", _patched, bodies.Patch, _SHOWN),
        Address("DELETE", one, f"{action}/delete", _deleted),
    ]


def _about(name: str, verb: Verb) -> Address:
    return Address("GET", f"/scim/v2/{name}", "mlestate.Identity/users/read", verb)


def _listed(provisioning: Provisioning, asked: Asked) -> Response:
    return answer(_page(provisioning, asked, (asked.kind,)))


def _searched(provisioning: Provisioning, asked: Asked) -> Response:
    asked.caller.need("mlestate.Identity/groups/read", "/")
    return answer(_page(provisioning, asked, ("User", "Group")))


def _page(provisioning: Provisioning, asked: Asked, kinds: tuple[Kind, ...]) -> dict[str, Any]:
    said = {key.lower(): value for key, value in asked.body.items()}
    start = max(1, _number(said.get("startindex"), 1))
    limit = max(0, min(_number(said.get("count"), _PAGE), LARGEST_PAGE))
    text = said.get("filter") or ""
    if not isinstance(text, str):
        raise Invalid("`filter` is a text", code="invalidFilter")
    filter = parse(text) if text else None
    members = "members" not in asked.without
    rows: list[dict[str, Any]] = []
    total = 0
    for kind in kinds:
        offset, left = max(0, start - 1 - total), limit - len(rows)
        found, count = provisioning.page(kind, filter, offset, left, members)
        rows += [asked.told(row) for row in found]
        total += count
    return page(rows, total, start)


def _created(provisioning: Provisioning, asked: Asked) -> Response:
    made = provisioning.create(asked.by, asked.kind, wanted(asked.kind, asked.body))
    told = asked.told(made)
    location = f"{asked.origin}/scim/v2/{asked.kind}s/{made.principal.id}"
    return answer(told, 201, {"location": location})


def _got(provisioning: Provisioning, asked: Asked) -> Response:
    return answer(asked.told(provisioning.get(asked.kind, asked.id)))


def _replaced(provisioning: Provisioning, asked: Asked) -> Response:
    seen = provisioning.change(
        asked.by, asked.kind, asked.id, lambda seen: replacing(asked.kind, asked.body, seen)
    )
    return answer(asked.told(seen))


def _patched(provisioning: Provisioning, asked: Asked) -> Response:
    operations = patches.read(asked.body)
    seen = provisioning.change(
        asked.by,
        asked.kind,
        asked.id,
        lambda seen: wanted(asked.kind, patches.apply(document(seen, ""), operations)),
    )
    return answer(asked.told(seen))


def _deleted(provisioning: Provisioning, asked: Asked) -> Response:
    provisioning.delete(asked.by, asked.kind, asked.id)
    return Response(status_code=204)


def _configuration(_: Provisioning, asked: Asked) -> Response:
    return answer(schemas.configuration(asked.origin))


def _types(_: Provisioning, asked: Asked) -> Response:
    return _some(schemas.types(asked.origin), asked.id)


def _schemas(_: Provisioning, asked: Asked) -> Response:
    return _some(schemas.schemas(asked.origin), asked.id)


def _some(known: list[dict[str, Any]], id: str) -> Response:
    """All, or the one that is asked for."""
    if not id:
        return answer(page(known, len(known), 1))
    for each in known:
        if each["id"].lower() == id.lower():
            return answer(each)
    raise NotFound(f"there is no `{id[:100]}`")


ADDRESSES = [
    Address("POST", "/scim/v2/.search", "mlestate.Identity/users/read", _searched, bodies.Search),
    *_collection("Users"),
    *_collection("Groups"),
    _about("ServiceProviderConfig", _configuration),
    _about("ResourceTypes", _types),
    _about("ResourceTypes/{id}", _types),
    _about("Schemas", _schemas),
    _about("Schemas/{id}", _schemas),
]


class Door:
    """Lets in a directory by its token, and an administrator by theirs. Failures are counted, and
    only failures wait: guesses of others do not keep the directory out."""

    def __init__(self, tokens: ProvisioningTokens, authenticate: Authenticate, throttle: Throttle):
        self._tokens, self._authenticate, self._throttle = tokens, authenticate, throttle

    def caller(self, token: str, address: str) -> Caller:
        if not token.startswith(PREFIX):
            return self._authenticate(token)
        try:
            return self._tokens.caller(token)
        except Unauthenticated:
            self._throttle.check(address, "scim")
            self._throttle.failed(address, "scim")
            raise


def app(provisioning: Provisioning, door: Door) -> Routed:
    def path_of(addresses: dict[str, Address]) -> ASGIApp:
        return handled(_Path(addresses, provisioning, door).handle, refuse)

    paths = dict.fromkeys(address.path for address in ADDRESSES)
    routes: list[BaseRoute] = [
        Route(path, path_of({a.method: a for a in ADDRESSES if a.path == path}))
        for path in sorted(paths, key=lambda path: "{" in path)
    ]
    return Routed(routes, path_of({}))


class _Path:
    def __init__(self, addresses: dict[str, Address], provisioning: Provisioning, door: Door):
        self._addresses, self._provisioning, self._door = addresses, provisioning, door

    async def handle(self, request: Request) -> Response:
        where = request.client.host if request.client else ""
        caller: Caller = await in_thread(self._door.caller, bearer(request), where)
        address = self._addresses.get(request.method)
        if address is None:
            raise self._nothing(request)
        if changes_directory(address.action):
            caller.need_both(address.action, GIVES_RIGHTS, "/")
        else:
            caller.need(address.action, "/")
        response: Response = await in_thread(
            address.verb, self._provisioning, await _asked(request, caller, address)
        )
        return response

    def _nothing(self, request: Request) -> PlatformError:
        if self._addresses or request.scope.get(KNOWN_PATH):
            return MethodNotAllowed(f"`{request.method}` is not used here")
        return NotFound(f"there is nothing at `{request.scope['path']}`")


async def _asked(request: Request, caller: Caller, address: Address) -> Asked:
    query = dict(request.query_params)
    body = await read_json(request) if request.method != "GET" else query
    if address.verb in (_listed, _searched) and not isinstance(body, dict):
        raise Invalid("the body is an object", code="invalidSyntax")
    said = body if address.verb in (_listed, _searched) else query
    folded = {key.lower(): value for key, value in said.items()}
    return Asked(
        caller,
        by(caller, trail_of(request.scope).asked, via="SCIM"),
        _KINDS.get(address.path.split("/")[3], "User"),
        request.path_params.get("id", ""),
        body,
        view(request).origin,
        names(folded.get("attributes")),
        names(folded.get("excludedattributes")),
    )


def _number(value: Any, otherwise: int) -> int:
    if value in (None, ""):
        return otherwise
    found = numbers.whole(str(value)[:20], -numbers.LARGEST)
    if found is None:
        raise Invalid("`startIndex` and `count` are whole numbers", code="invalidValue")
    return min(found, 1 << 31)
