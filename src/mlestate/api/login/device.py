"""The page on which a person approves a device, or a program without a browser."""

from __future__ import annotations

from collections.abc import Mapping

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from ...core.errors import NotFound, PlatformError, Unauthenticated
from ...identity.guard import From
from ...identity.provider.logins import Finished
from . import csrf, pages, provider, remembered
from .forms import read_form
from .oauth import Handler
from .realm import Realm, source

# What a login by the provider is for.
WHAT = "device"


def device(realm: Realm) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            realm.path_tenant(request)
            if request.method == "GET":
                return _ask(realm, request, {})
            form = await read_form(request)
            csrf.check(request, form)
        except PlatformError as error:
            return pages.message("This login cannot go on", str(error), 400)
        if form.get("decision") == "provider":
            return await _elsewhere(realm, request, form)
        return await _decide(realm, request, form)

    return handle


async def _decide(realm: Realm, request: Request, form: Mapping[str, str]) -> Response:
    approve = form.get("decision") == "approve"
    try:
        client, word = await anyio.to_thread.run_sync(
            _decided, realm, source(request), form, approve, limiter=realm.passwords
        )
    except (Unauthenticated, NotFound) as error:
        return _ask(realm, request, form, str(error))
    return remembered.remember(_done(client, approve), word)


async def _elsewhere(realm: Realm, request: Request, form: Mapping[str, str]) -> Response:
    """Whoever typed the code here and went on has approved, once the provider says who it is."""
    code = form.get("user_code", "").strip()
    try:
        if not code:
            raise NotFound("Enter the code that the device shows.")
        return await provider.lead(realm, request, {"what": WHAT, "user_code": code[:64]})
    except PlatformError as error:
        return _ask(realm, request, form, str(error))


async def returned(realm: Realm, request: Request, finished: Finished) -> Response:
    """The browser is back from the provider."""
    form = {"user_code": finished.purpose.get("user_code", "")}
    if finished.person is None:
        return _ask(realm, request, form, str(finished.fault))
    decide = realm.logins.sessions.decide_device
    try:
        client = await anyio.to_thread.run_sync(
            decide, form["user_code"], finished.person, True, limiter=realm.grants
        )
    except NotFound as error:
        return _ask(realm, request, form, str(error))
    return _done(client, True)


def _done(client: str, approved: bool) -> Response:
    what = "may now act in your name" if approved else "was turned away"
    return pages.message("Done", f"{client} {what}. You can close this page.")


def _decided(realm: Realm, where: From, form: Mapping[str, str], approve: bool) -> tuple[str, str]:
    """Which client waits, and the word for the browser."""
    person, word = realm.logins.person(where, form.get("username", ""), form.get("password", ""))
    decide = realm.logins.sessions.decide_device
    return decide(form.get("user_code", ""), person, approve), word


def _ask(realm: Realm, request: Request, form: Mapping[str, str], fault: str = "") -> Response:
    word = csrf.word(request)
    code, username = form.get("user_code", ""), form.get("username", "")
    page = pages.device({csrf.FIELD: word}, code, username, fault, realm.ways)
    return csrf.remember(page, word)
