"""The ends of a session: by its id token, as Entra's clients do, or by its refresh token."""

from __future__ import annotations

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from ...core.errors import PlatformError, Unauthenticated
from . import pages
from .forms import read_form
from .oauth import NO_STORE, Handler
from .realm import Realm


def logout(realm: Realm) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            realm.path_tenant(request)
            sent = request.query_params if request.method == "GET" else await read_form(request)
            hint = sent.get("id_token_hint", "")
            # First, so that it holds however slow the provider is.
            await anyio.to_thread.run_sync(_end, realm, hint, limiter=realm.grants)
            address = await anyio.to_thread.run_sync(_onward, realm, limiter=realm.outside)
        except PlatformError as error:
            return pages.message("This logout cannot go on", str(error), 400)
        return pages.logged_out(realm.ways.provider, address)

    return handle


def revoke(realm: Realm) -> Handler:
    """RFC 7009, for refresh tokens. Of a token that is not known nothing is said."""

    async def handle(request: Request) -> Response:
        realm.path_tenant(request)
        form = await read_form(request)
        await anyio.to_thread.run_sync(
            realm.logins.sessions.revoke, form.get("token", ""), limiter=realm.grants
        )
        return Response(headers=NO_STORE)

    return handle


def _end(realm: Realm, hint: str) -> None:
    """Ends the session of an id token."""
    if hint:
        try:
            realm.logins.end(hint)
        except Unauthenticated:
            raise Unauthenticated("The `id_token_hint` is not one of this estate.") from None


def _onward(realm: Realm) -> str:
    """The address at which the provider's session ends."""
    return realm.provider.end_session_address() if realm.provider else ""
