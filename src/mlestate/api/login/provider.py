"""The way to the provider and back: a page that leads there, and the address that it returns to."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from ...core.errors import NotFound, Unauthenticated
from ...identity.provider.logins import Finished, ProviderLogins
from . import pages
from .realm import Realm, source

# Lax, not strict as the other one: the browser comes back from another site.
COOKIE = "__Host-mlestate-provider"
CALLBACK = "/common/oauth2/callback"


async def lead(realm: Realm, request: Request, purpose: Mapping[str, str]) -> Response:
    """A page that leads to the provider. Not a redirect: a browser would hold the addresses behind
    it, which are not known here, against the page's own policy for forms."""
    logins = provider_of(realm)
    word = request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    address = await anyio.to_thread.run_sync(
        logins.begin,
        purpose,
        word,
        f"{realm.pages(request)}{CALLBACK}",
        source(request).address,
        limiter=realm.outside,
    )
    page = pages.onward(address, logins.provider.shown)
    page.set_cookie(
        COOKIE, word, max_age=3600, path="/", secure=True, httponly=True, samesite="lax"
    )
    return page


async def back(realm: Realm, request: Request) -> Finished:
    """What came of it. Raises Unauthenticated and Unavailable."""
    found: Finished = await anyio.to_thread.run_sync(
        _finished,
        realm,
        request,
        request.cookies.get(COOKIE, ""),
        limiter=realm.outside,
    )
    return found


def provider_of(realm: Realm) -> ProviderLogins:
    if realm.provider is None:
        raise NotFound("No provider of logins is set here.")
    return realm.provider


class _Refused(Unauthenticated):
    """Counted as a failure; what the login was for is known all the same."""

    def __init__(self, finished: Finished):
        super().__init__(str(finished.fault))
        self.finished = finished


def _finished(realm: Realm, request: Request, browser: str) -> Finished:
    logins, answer = provider_of(realm), dict(request.query_params)
    # Anybody can come with a word that leads nowhere: that is no failed login of anybody's.
    pending = logins.begun(answer.get("state", ""), browser)

    def finish() -> Finished:
        found = logins.finish(pending, answer, source(request).asked)
        if found.fault is not None:
            raise _Refused(found)
        return found

    try:
        return realm.logins.guard.provider(source(request), pending.browser, finish)
    except _Refused as refused:
        return refused.finished
