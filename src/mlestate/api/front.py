"""The front door: which app answers, by the path's first word or by a blob account's host name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..core.errors import MethodNotAllowed, NotFound, PlatformError
from .http import Authenticate, bearer, handled, in_thread, warning
from .routed import KNOWN_PATH
from .trail import Denials, Names, Trail, begin

_BLOB_HOST = re.compile(rb"^[a-z0-9]{3,24}\.(blob|dfs|file|queue|table)\.", re.I)
_DOUBLED = re.compile("^/{2,}")
_REFUSED, _FORBIDDEN = 400, 403


class Front:
    """`by_word` maps the first word of a path, in lower case, to its app. What anybody who is
    known is refused, by whichever app, is recorded before they are told."""

    def __init__(
        self,
        by_word: Mapping[str, ASGIApp],
        blob: ASGIApp,
        login: ASGIApp,
        unknown: ASGIApp,
        authenticate: Authenticate,
        denials: Denials,
        names: Names,
    ):
        self.by_word, self.blob, self.login, self.unknown = dict(by_word), blob, login, unknown
        self._authenticate, self._denials, self._names = authenticate, denials, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await _lifespan(receive, send)
        if scope["type"] != "http":
            return None
        trail, app = begin(scope, self._names), self._app(scope)

        async def answering(message: Message) -> None:
            if message["type"] == "http.response.start":
                if trail.denials or message["status"] == _FORBIDDEN:
                    await in_thread(self._record, trail, scope)
                if scope["method"] == "HEAD" and message["status"] >= _REFUSED:
                    message = _saying(trail.why, message)
                if app is not self.blob:  # which has ids of its own
                    message = {**message, "headers": [*message["headers"], *trail.headers()]}
            await send(message)

        return await app(scope, receive, answering)

    def _record(self, trail: Trail, scope: Scope) -> None:
        try:
            said = trail.denials or [trail.denied(self._authenticate(bearer(Request(scope))))]
        except PlatformError:
            return  # a signature, or an account's key: nobody knows whose hand it was in
        for denial in said:
            self._denials.denied(trail.asked, denial)

    def _app(self, scope: Scope) -> ASGIApp:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        path: str = _DOUBLED.sub("/", scope["path"])
        if path.startswith("/_blob/") or _BLOB_HOST.match(host):
            return self.blob
        word = path[1:].partition("/")[0].lower()
        found = self.by_word.get(word)
        if found is not None:
            return found
        return self.login if is_login(path) else self.unknown


def is_login(path: str) -> bool:
    """`/{tenant}/oauth2/…`, `/{tenant}/[v2.0/].well-known/…`, `/{tenant}/discovery/…`."""
    words = path[1:].split("/")
    return len(words) > 1 and words[1].lower() in ("oauth2", "v2.0", ".well-known", "discovery")


def _saying(why: str, start: Message) -> Message:
    """An answer to a HEAD has no body: what would be said there stands in a header."""
    said = [(name.encode(), text.encode()) for name, text in warning([why] if why else []).items()]
    return {**start, "headers": [*start["headers"], *said]}


def unknown(authenticate: Authenticate) -> ASGIApp:
    """Who is known learns that there is no such address; all others that they are unknown."""

    async def handle(request: Request) -> Response:
        await in_thread(authenticate, bearer(request))
        if request.scope.get(KNOWN_PATH):
            raise MethodNotAllowed(f"`{request.method}` is not used at `{request.scope['path']}`")
        raise NotFound(f"there is nothing at `{request.scope['path']}`", code="NotFound")

    return handled(handle)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
