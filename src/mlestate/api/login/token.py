"""The token endpoint and the start of a device login."""

from __future__ import annotations

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ...identity.logins import needed
from ..http import answer
from .forms import read_form
from .oauth import NO_STORE, Handler
from .realm import Realm, source


def token(realm: Realm) -> Handler:
    async def handle(request: Request) -> Response:
        realm.path_tenant(request)
        form = await read_form(request)
        given = await anyio.to_thread.run_sync(
            realm.logins.token, form, source(request), limiter=realm.grants
        )
        return answer(given, headers=NO_STORE)

    return handle


def device_code(realm: Realm) -> Handler:
    async def handle(request: Request) -> Response:
        tenant, form = realm.path_tenant(request), await read_form(request)
        client, scope = needed(form, "client_id"), form.get("scope", "")
        # A wrong resource is said now, not when somebody has typed the code.
        asked = realm.logins.requested(form)
        started = await anyio.to_thread.run_sync(
            realm.logins.sessions.start_device,
            client,
            scope or f"{asked.audience}/.default openid offline_access",
            source(request).address,
            limiter=realm.grants,
        )
        page = f"{realm.pages(request)}/{tenant}/oauth2/deviceauth"
        return answer(
            msgspec.to_builtins(started)
            | {
                "verification_uri": page,
                "verification_url": page,  # the name in v1
                "message": f"To sign in, open {page} and enter the code {started.user_code}.",
            },
            headers=NO_STORE,
        )

    return handle
