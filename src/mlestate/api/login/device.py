"""The page on which a person approves a device, or a program without a browser."""

from __future__ import annotations

from collections.abc import Mapping

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from ...core.errors import NotFound, PlatformError, Unauthenticated
from ...identity.logins import From
from . import csrf, pages
from .authorize import person_by
from .forms import read_form
from .oauth import Handler
from .realm import Realm, source


def device(realm: Realm) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            realm.path_tenant(request)
            if request.method == "GET":
                return _ask(request, {})
            form = await read_form(request)
            csrf.check(request, form)
        except PlatformError as error:
            return pages.message("This login cannot go on", str(error), 400)
        return await _decide(realm, request, form)

    return handle


async def _decide(realm: Realm, request: Request, form: Mapping[str, str]) -> Response:
    approve = form.get("decision") == "approve"
    try:
        client = await anyio.to_thread.run_sync(
            _decided, realm, source(request), form, approve, limiter=realm.threads
        )
    except (Unauthenticated, NotFound) as error:
        return _ask(request, form, str(error))
    what = "may now act in your name" if approve else "was turned away"
    return pages.message("Done", f"{client} {what}. You can close this page.")


def _decided(realm: Realm, where: From, form: Mapping[str, str], approve: bool) -> str:
    person = person_by(realm, where, form.get("username", ""), form.get("password", ""))
    return realm.logins.sessions.decide_device(form.get("user_code", ""), person, approve)


def _ask(request: Request, form: Mapping[str, str], fault: str = "") -> Response:
    word = csrf.word(request)
    code, username = form.get("user_code", ""), form.get("username", "")
    return csrf.remember(pages.device({csrf.FIELD: word}, code, username, fault), word)
