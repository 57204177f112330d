"""The ASGI app: who asks, may they, which workspace, and then the table's handler."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import structlog

from ...core.access import Caller, Rights
from ...core.activity import NoRecord, Record, by, through
from ...core.errors import Invalid, MethodNotAllowed, NotFound, PlatformError, Unauthenticated
from ...store.tracking import TrackingStore
from ...tracking import experiments
from ...tracking.ports import (
    AnyName,
    Artifacts,
    Models,
    Names,
    Workspace,
)
from ..http import in_thread, warning
from ..trail import trail_of
from . import basic, routes
from .address import BARE, Base, roots, split
from .errors import NoSuchAddress, refusal
from .probes import server_info
from .request import Receive, Request, Send, header

_WORKSPACE_HEADER = b"x-mlflow-workspace"
_AUTHORITY = re.compile(r"[\w.\-]+(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?")
_JSON = (b"content-type", b"application/json")

_log = structlog.get_logger(__name__)


class Workspaces(Protocol):
    """In memory: it is asked on every request."""

    def find(self, id: str) -> Workspace | None:
        """By ARM id, in any case."""

    def named(self, name: str) -> Sequence[Workspace]:
        """All of that name, whatever their resource group."""


class MlflowApp:
    """Mounted at the root: it answers `/mlflow/…`.

    `authenticate` turns a token into a caller, from memory, or raises `Unauthenticated`; `cell` is
    a region's tracking store; `clock` gives milliseconds since 1970; `new_id` 32 hex digits;
    without `standing`, the password of basic authentication has to be a token.
    """

    def __init__(
        self,
        *,
        authenticate: Callable[[str], Caller],
        workspaces: Workspaces,
        cell: Callable[[str], TrackingStore],
        models: Models,
        artifacts: Artifacts,
        clock: Callable[[], int],
        new_id: Callable[[], str],
        standing: basic.Standing | None = None,
        names: Names | None = None,
        record: Record | None = None,
    ):
        self._standing = standing
        self._authenticate, self._workspaces, self._cell = authenticate, workspaces, cell
        self._models, self._artifacts = models, artifacts
        self._names = names or AnyName()
        self._record: Record = record or NoRecord()
        self._clock, self._new_id = clock, new_id
        # Rights never change; when grants do, a caller gets new ones, and these go with the old.
        self._allowed: WeakKeyDictionary[Rights, set[tuple[str, str]]] = WeakKeyDictionary()
        self._opened: set[str] = set()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"MLflow is spoken over http, not {scope['type']}")
        started = False
        warnings: list[str] = []

        async def sending(message: Any) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            body, warnings = await self._answer(scope, receive, sending)
            status = 200
        except PlatformError as error:
            trail_of(scope).note(error)
            if started:
                # Too late for another status: the connection breaks, and the client sees it.
                raise
            status, body = refusal(error)
        except Exception:
            _log.exception("mlflow request failed", method=scope["method"], path=scope["path"])
            if started:
                raise
            status, body = refusal(PlatformError("The server failed; its log says how."))
        if body is not None:
            await _send(send, status, body, warnings)

    async def _answer(
        self, scope: Mapping[str, Any], receive: Receive, send: Send
    ) -> tuple[bytes | None, list[str]]:
        """The body, unless it was sent already, and what to warn of."""
        caller = self._authenticate(await self._token(scope))
        place = split(scope["path"])
        if place is None:
            raise NoSuchAddress(f"No such address: `{scope['path'][:500]}`.")
        where, path = place
        found = routes.find(scope["method"], path)
        action = found[0].action if found else routes.UNKNOWN
        if where is BARE and found and path == "/mlflow/server-info":
            return server_info(workspaces=True), []
        workspace = self._workspace(where, caller, action, header(scope, _WORKSPACE_HEADER))
        if found is None:
            raise _unknown(scope["method"], path)
        request = await self._request(scope, receive, send, caller, workspace, where, found[1])
        request.record = self._recorder(request, action)
        return await found[0].handler(request), request.warnings

    async def _token(self, scope: Mapping[str, Any]) -> str:
        said = header(scope, b"authorization")
        found = basic.read(said)
        if found is None:
            return _bearer(said)
        if found.is_token or self._standing is None:
            return found.password
        client = scope.get("client")
        return await self._standing.token(found, client[0] if client else "")

    async def _request(
        self,
        scope: Mapping[str, Any],
        receive: Receive,
        send: Send,
        caller: Caller,
        workspace: Workspace,
        where: Base,
        params: Mapping[str, str],
    ) -> Request:
        store, now = self._cell(workspace.region), self._clock()
        await self._open(store, workspace, now)
        authority = header(scope, b"host")
        if not _AUTHORITY.fullmatch(authority):
            raise Invalid("The `Host` header names no host.")
        request = Request(
            scope,
            receive,
            send,
            caller,
            workspace,
            store,
            roots(where, workspace.id, authority),
            now,
            params,
        )
        request.trail = trail_of(scope)
        request.models, request.artifacts = self._models, self._artifacts
        request.names, request.new_id = self._names, self._new_id
        return request

    def _recorder(self, request: Request, action: str) -> Callable[[str], Awaitable[None]]:
        """What is read is recorded before it is answered, what is changed after it was done."""
        reads = action.endswith("/read")
        tell = self._record.read if reads else self._record.did

        async def record(id: str) -> None:
            who, home = by(request.caller, request.trail.asked), request.workspace
            # Where the right was asked about; an artifact's blob is elsewhere.
            given = through(request.caller.rights, action, home.id)
            await in_thread(partial(tell, home.region, who, action, id, code=200, **given))

        return record

    def _workspace(self, where: Base, caller: Caller, action: str, name: str) -> Workspace:
        """Rights first: a stranger is not told whether the workspace exists."""
        if where is BARE and not name.startswith("/"):
            return self._named(caller, action, name)
        scope = name if where is BARE else where.workspace
        self._need(caller, action, scope)
        found = self._workspaces.find(scope)
        if found is None:
            raise NotFound(f"No workspace `{scope}`.")
        return found

    def _named(self, caller: Caller, action: str, name: str) -> Workspace:
        if not name:
            raise Invalid(
                "Say which workspace: send `X-MLFLOW-WORKSPACE` (MLFLOW_WORKSPACE), or use the "
                "workspace's own tracking address."
            )
        mine = [one for one in self._workspaces.named(name) if self._may(caller, action, one.id)]
        if len(mine) > 1:
            raise Invalid(f"Several workspaces are called `{name}`: send the full id of one.")
        if not mine:
            caller.need(action, f"workspaces/{name}")
            raise NotFound(f"No workspace `{name}`.")
        return mine[0]

    def _need(self, caller: Caller, action: str, scope: str) -> None:
        known = self._allowed.get(caller.rights)
        if known is None:
            known = self._allowed[caller.rights] = set()
        if (action, scope) not in known:
            caller.need(action, scope)
            if len(known) < 10_000:
                known.add((action, scope))

    def _may(self, caller: Caller, action: str, scope: str) -> bool:
        return caller.rights.allows(action, scope)

    async def _open(self, store: TrackingStore, workspace: Workspace, now: int) -> None:
        """A workspace's first request makes its default experiment."""
        if workspace.guid in self._opened:
            return
        await store.submit(lambda group: experiments.open_workspace(group, workspace.guid, now))
        self._opened.add(workspace.guid)


def _bearer(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    raise Unauthenticated("Send a token: `Authorization: Bearer …` (MLFLOW_TRACKING_TOKEN).")


def _unknown(method: str, path: str) -> PlatformError:
    known = routes.methods(path)
    if known:
        return MethodNotAllowed(f"`{path[:500]}` answers {', '.join(known)}, not {method}.")
    return NoSuchAddress(f"No such address: `{path[:500]}`.")


async def _send(send: Send, status: int, body: bytes, warnings: Sequence[str]) -> None:
    headers = [_JSON, (b"content-length", b"%d" % len(body))]
    for name, value in warning(warnings).items():
        headers.append((name.encode(), value.encode()))
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
