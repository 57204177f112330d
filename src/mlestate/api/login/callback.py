"""Where the provider sends browsers back to, and tells of logouts."""

from __future__ import annotations

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from ...core.errors import Invalid, PlatformError, Unauthenticated
from . import authorize, device, pages, provider
from .forms import read_form
from .oauth import NO_STORE, Handler
from .realm import Realm, source


def callback(realm: Realm) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            realm.path_tenant(request)
            finished = await provider.back(realm, request)
        except PlatformError as error:
            return pages.message("This login cannot go on", str(error), 400)
        if finished.purpose.get("what") == device.WHAT:
            return await device.returned(realm, request, finished)
        return await authorize.returned(realm, request, finished)

    return handle


def back_channel(realm: Realm) -> Handler:
    """OpenID Connect Back-Channel Logout: all sessions of whom it is about end."""

    async def handle(request: Request) -> Response:
        realm.path_tenant(request)
        form = await read_form(request)
        logins = provider.provider_of(realm)
        try:
            await anyio.to_thread.run_sync(
                logins.logged_out,
                form.get("logout_token", ""),
                source(request).asked,
                limiter=realm.outside,
            )
        except Unauthenticated as error:
            raise Invalid(str(error), code="invalid_request") from None
        return Response(headers=NO_STORE)

    return handle
