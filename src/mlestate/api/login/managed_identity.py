"""A token by the address that programs on App Service ask for that of their managed identity.

They send along the header that stands in a variable of theirs: here an id and a secret.
"""

from __future__ import annotations

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from ...core.errors import PlatformError
from ..http import answer
from .oauth import NO_STORE, Handler, refusal_of
from .realm import Realm, source


def managed_identity(realm: Realm) -> Handler:
    async def handle(request: Request) -> Response:
        client, _, secret = request.headers.get("x-identity-header", "").partition(":")
        form = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_secret": secret,
            "resource": request.query_params.get("resource", ""),
        }
        try:
            realm.path_tenant(request)
            given = await anyio.to_thread.run_sync(
                realm.logins.token, form, source(request), limiter=realm.grants
            )
        except PlatformError as error:
            status = refusal_of(error).status
            return answer({"statusCode": status, "message": str(error)}, status, NO_STORE)
        return answer(given, headers=NO_STORE)

    return handle
