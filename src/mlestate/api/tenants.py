"""`/tenants`: the directories that the caller is in, of which there is one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .http import Authenticate, answer, bearer, handled, in_thread

PATH = "/tenants"


def route(tenant: str, name: str, authenticate: Authenticate) -> Route:
    document = {
        "id": f"{PATH}/{tenant}",
        "tenantId": tenant,
        "displayName": name,
        "domains": [],
        "tenantCategory": "Home",
    }

    async def handle(request: Request) -> Response:
        await in_thread(authenticate, bearer(request))
        return answer({"value": [document]})

    return Route(PATH, handled(handle), methods=["GET"])
