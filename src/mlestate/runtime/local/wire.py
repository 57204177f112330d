"""HTTP as the agent speaks it: one connection per thread and origin, kept open. Nothing heavy is
imported, because an agent is to stay small.
"""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import IO, NamedTuple, TypeVar
from urllib.parse import SplitResult, urlencode, urlsplit

import msgspec

from ...core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PlatformError,
    Stale,
    Unauthenticated,
    Unavailable,
)
from ..protocol import Claim, Claimed, Renew, Renewed, Report, Reported, Wire, encode

T = TypeVar("T")
Body = bytes | IO[bytes] | None

_SECONDS = 60
_PIECE = 1 << 20
_REFUSALS: dict[int, type[PlatformError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Stale,
}
# What passes by itself: too much at once, and a server that starts, stops or stumbles.
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


class Answer(NamedTuple):
    headers: Message
    body: bytes


class Http:
    """`ca` is a PEM file, or None for the system's. Safe for threads."""

    def __init__(self, ca: Path | None = None):
        self._tls = ssl.create_default_context(cafile=str(ca) if ca else None)
        self._local = threading.local()

    def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: Body = None
    ) -> Answer:
        """Any 2xx. Raises Unavailable for what may pass, and other PlatformErrors for refusals."""
        parts = urlsplit(url)
        connection = self._connection(parts.scheme, parts.netloc)
        with _hanging_up(connection, _name(method, parts)):
            response = _request(connection, method, parts, headers, body)
            return Answer(response.headers, response.read())

    def fetch(self, url: str, headers: Mapping[str, str], sink: Callable[[bytes], object]) -> None:
        """A GET whose body goes to `sink` piece by piece; what `sink` raises goes through."""
        parts = urlsplit(url)
        connection = self._connection(parts.scheme, parts.netloc)
        name = _name("GET", parts)
        with _hanging_up(connection, name):
            response = _request(connection, "GET", parts, headers, None)
        while True:
            with _hanging_up(connection, name):
                piece = response.read(_PIECE)
            if not piece:
                return
            sink(piece)

    def _connection(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        if not hasattr(self._local, "kept"):
            self._local.kept = {}
        kept: dict[tuple[str, str], http.client.HTTPConnection] = self._local.kept
        if (scheme, netloc) not in kept:
            kept[scheme, netloc] = self._new(scheme, netloc)
        return kept[scheme, netloc]

    def _new(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        if scheme == "https":
            return http.client.HTTPSConnection(netloc, timeout=_SECONDS, context=self._tls)
        return http.client.HTTPConnection(netloc, timeout=_SECONDS)

    def close(self) -> None:
        """Hang up what the calling thread has open."""
        for connection in getattr(self._local, "kept", {}).values():
            connection.close()


def _name(method: str, parts: SplitResult) -> str:
    # The query of a blob's address holds its key: it is in no message.
    return f"{method} {parts.scheme}://{parts.netloc}{parts.path}"


def _request(
    connection: http.client.HTTPConnection,
    method: str,
    parts: SplitResult,
    headers: Mapping[str, str] | None,
    body: Body,
) -> http.client.HTTPResponse:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request(method, target, body, dict(headers or {}))
    response = connection.getresponse()
    if not 200 <= response.status < 300:
        raise _refusal(_name(method, parts), response)
    return response


@contextmanager
def _hanging_up(connection: http.client.HTTPConnection, name: str) -> Iterator[None]:
    """After any trouble the connection is closed; the next request opens it anew."""
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise Unavailable(f"{name}: {error or type(error).__name__}") from error
    except PlatformError:
        connection.close()
        raise


def _refusal(what: str, response: http.client.HTTPResponse) -> PlatformError:
    text = " ".join(response.read(2000).decode(errors="replace").split())
    code = response.headers.get("x-ms-error-code", "")
    message = f"{what}: {response.status} {text}".strip()
    if response.status in _PASSING:
        return Unavailable(message, code=code)
    return _REFUSALS.get(response.status, Invalid)(message, code=code)


class Api:
    """The API's three addresses for agents. The token is read anew for each call: it changes."""

    def __init__(self, http: Http, url: str, region: str, token_file: Path):
        self._http, self._token_file = http, token_file
        self._login = _Login(http, url)
        self._base = f"{url.rstrip('/')}/estate/v1/agents/{region}"

    def claim(self, message: Claim) -> Claimed:
        return self._say("claim", message, Claimed)

    def renew(self, message: Renew) -> Renewed:
        return self._say("renew", message, Renewed)

    def report(self, message: Report) -> Reported:
        return self._say("report", message, Reported)

    def _say(self, verb: str, message: Wire, shape: type[T]) -> T:
        """Raises Unavailable for whatever goes wrong: an agent that is refused can only wait until
        its token, or the API, is put right.
        """
        try:
            token = self._token()
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            answer = self._http.ask("POST", f"{self._base}/{verb}", headers, encode(message))
            return msgspec.json.decode(answer.body, type=shape)
        except (PlatformError, msgspec.DecodeError) as error:
            if isinstance(error, Unauthenticated):
                self._login.forget()
            raise Unavailable(f"{verb}: {error}") from error

    def _token(self) -> str:
        try:
            text = self._token_file.read_text().strip()
        except OSError as error:
            raise Unavailable(f"the agent's token cannot be read: {error}") from error
        return self._login.token(text) if text.startswith("{") else text


class _File(msgspec.Struct, frozen=True):
    """A token file as the estate writes it: not a token, but what one is got with."""

    client_id: str
    client_secret: str
    tenant: str


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int


class _Login:
    """Client credentials at the estate's own login, one token until shortly before its end."""

    def __init__(self, http: Http, url: str):
        self._http, self._url = http, url.rstrip("/")
        self._kept, self._until, self._of = "", 0.0, ""

    def token(self, file: str) -> str:
        if self._of != file or time.monotonic() >= self._until:
            granted = self._ask(msgspec.json.decode(file, type=_File))
            self._kept, self._of = granted.access_token, file
            self._until = time.monotonic() + granted.expires_in / 2
        return self._kept

    def forget(self) -> None:
        """The token was refused: the next call gets another."""
        self._until = 0.0

    def _ask(self, file: _File) -> _Granted:
        form = {
            "grant_type": "client_credentials",
            "client_id": file.client_id,
            "client_secret": file.client_secret,
            "scope": "https://management.azure.com/.default",
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        url = f"{self._url}/{file.tenant}/oauth2/v2.0/token"
        answer = self._http.ask("POST", url, headers, urlencode(form).encode())
        return msgspec.json.decode(answer.body, type=_Granted)
