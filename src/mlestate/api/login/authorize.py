"""The authorization endpoint: a person logs in, and a client gets a code."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ...core.errors import Invalid, PlatformError, Unauthenticated
from ...core.principals import Principal
from ...identity.guard import From
from ...identity.logins import needed
from ...identity.provider.logins import Finished
from . import csrf, oauth, pages, provider, remembered, ways_back
from .forms import read_form
from .oauth import Handler
from .realm import Realm, source

# What a login by the provider is for.
WHAT = "authorize"


class Wish(msgspec.Struct, frozen=True):
    """What a client asks of the login page. It travels through the page as hidden fields."""

    client_id: str
    redirect_uri: str
    response_type: str = ""
    response_mode: str = "query"
    scope: str = ""
    state: str = ""
    nonce: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""

    @property
    def returns_to(self) -> str:
        """The origin that the answer goes to."""
        return ways_back.origin_of(self.redirect_uri)


def authorize(realm: Realm) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            realm.path_tenant(request)
            form = await _sent(request)
            wish = _wish(form, source(request).origin)
        except PlatformError as error:
            # Without a known way back there is only this page to say it on.
            return pages.message("This login cannot go on", str(error), 400)
        fault = _fault(realm, wish) or _silent(form)
        if fault is not None:
            return _back(wish, oauth.document(fault))
        if request.method == "GET":
            return ask(realm, request, wish, form.get("login_hint", ""))
        if form.get("decision") == "provider":
            return await _elsewhere(realm, request, wish)
        return await _log_in(realm, request, wish, form)

    return handle


async def _sent(request: Request) -> Mapping[str, str]:
    if request.method == "GET":
        return request.query_params
    form = await read_form(request)
    csrf.check(request, form)
    return form


def _wish(sent: Mapping[str, str], origin: str) -> Wish:
    known = {name: sent[name] for name in Wish.__struct_fields__ if sent.get(name)}
    needed(known, "client_id")
    if not ways_back.may_return(needed(known, "redirect_uri"), origin):
        raise Invalid(
            "The `redirect_uri` is neither on this machine (http://localhost:…) nor on this estate."
        )
    return Wish(**known)


def _fault(realm: Realm, wish: Wish) -> PlatformError | None:
    if wish.response_type != "code":
        return Invalid("`response_type` must be `code`.", code="unsupported_response_type")
    if wish.response_mode not in ("query", "form_post"):
        return Invalid("`response_mode` must be `query` or `form_post`.", code="invalid_request")
    if wish.code_challenge_method != "S256" or len(wish.code_challenge) != 43:
        return Invalid(
            "PKCE is needed: `code_challenge`, and `code_challenge_method=S256`.",
            code="invalid_request",
        )
    try:
        realm.logins.requested({"scope": wish.scope})
    except PlatformError as error:
        return error
    return None


def _silent(form: Mapping[str, str]) -> PlatformError | None:
    """A client that wants no page hears at once that there is no other way to log in."""
    if "none" not in form.get("prompt", "").split():
        return None
    return Unauthenticated(
        "Nobody is logged in without a page: ask again without `prompt=none`.",
        code="login_required",
    )


async def _elsewhere(realm: Realm, request: Request, wish: Wish) -> Response:
    said: dict[str, str] = msgspec.to_builtins(wish)
    try:
        return await provider.lead(realm, request, {"what": WHAT, **said})
    except PlatformError as error:
        return ask(realm, request, wish, "", str(error))


async def returned(realm: Realm, request: Request, finished: Finished) -> Response:
    """The browser is back from the provider."""
    wish = Wish(**{name: finished.purpose.get(name, "") for name in Wish.__struct_fields__})
    if finished.person is None:
        return ask(realm, request, wish, "", str(finished.fault))
    code = await anyio.to_thread.run_sync(
        _code_for, realm, finished.person, wish, limiter=realm.grants
    )
    return _back(wish, {"code": code})


def ask(realm: Realm, request: Request, wish: Wish, username: str, fault: str = "") -> Response:
    word = csrf.word(request)
    hidden = {name: value for name, value in msgspec.to_builtins(wish).items() if value}
    page = pages.login(
        hidden | {csrf.FIELD: word}, wish.client_id, username, fault, wish.returns_to, realm.ways
    )
    return csrf.remember(page, word)


async def _log_in(realm: Realm, request: Request, wish: Wish, form: Mapping[str, str]) -> Response:
    username = form.get("username", "")
    try:
        code, word = await anyio.to_thread.run_sync(
            _code,
            realm,
            source(request),
            wish,
            username,
            form.get("password", ""),
            limiter=realm.passwords,
        )
    except Unauthenticated as error:
        return ask(realm, request, wish, username, str(error))
    return remembered.remember(_back(wish, {"code": code}), word)


def _code(realm: Realm, where: From, wish: Wish, username: str, password: str) -> tuple[str, str]:
    """With the word for the browser."""
    person, word = realm.logins.person(where, username, password)
    return _code_for(realm, person, wish), word


def _code_for(realm: Realm, person: Principal, wish: Wish) -> str:
    return realm.logins.sessions.authorize(
        person, wish.client_id, wish.redirect_uri, wish.code_challenge, wish.scope, wish.nonce
    )


def _back(wish: Wish, outcome: Mapping[str, object]) -> Response:
    shown = ("code", "error", "error_description")
    fields = {name: str(outcome[name]) for name in shown if name in outcome}
    if wish.state:
        fields["state"] = wish.state
    if wish.response_mode == "form_post":
        return pages.hand_over(wish.redirect_uri, fields, wish.returns_to)
    mark = "&" if urlsplit(wish.redirect_uri).query else "?"
    return RedirectResponse(
        f"{wish.redirect_uri}{mark}{urlencode(fields)}", 303, {"cache-control": "no-store"}
    )
