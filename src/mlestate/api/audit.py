"""`/estate/v1/audit`: whether the activity log is as it was written, and heads to keep elsewhere.

The events themselves are read at Azure's own address of them.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core.access import Caller
from ..core.errors import MethodNotAllowed
from ..store.activity.chain import Verdict
from ..store.activity.marks import Mark
from .http import Authenticate, answer, bearer, handled, in_thread, read_json
from .principal_documents import checked

PATH = "/estate/v1/audit"
VERIFY, HEADS = f"{PATH}/verify", f"{PATH}/heads"
# At the scope `/`: all cells are looked at.
ACTION = "mlestate.Estate/audit/read"
METHODS = {VERIFY: ("GET", "POST"), HEADS: ("GET",)}


class Safekeeping(Protocol):
    def heads(self) -> list[Mark]: ...
    def verify(self, more: list[Mark]) -> list[Verdict]:
        """Every cell; `more` are heads that were kept outside."""


class Kept(msgspec.Struct, forbid_unknown_fields=True):
    """Heads as they were given out before."""

    value: list[Mark] = []


def routes(keeping: Safekeeping, authenticate: Authenticate) -> list[Route]:
    def verified(said: Any) -> dict[str, Any]:
        found = keeping.verify(checked(said, Kept).value)
        whole = not any(one.faults for one in found)
        return {"whole": whole, "value": msgspec.to_builtins(found)}

    def heads(_said: Any) -> dict[str, Any]:
        return {"value": msgspec.to_builtins(keeping.heads())}

    def at(path: str, work: Any) -> Route:
        async def handle(request: Request) -> Response:
            caller: Caller = await in_thread(authenticate, bearer(request))
            caller.need(ACTION, "/")
            if request.method not in METHODS[path]:
                raise MethodNotAllowed(f"`{request.method}` is not used at {path}")
            return answer(await in_thread(work, await read_json(request)))

        return Route(path, handled(handle))

    return [at(VERIFY, verified), at(HEADS, heads)]
