"""Requests to one estate: one pool of connections, a token on each, and patience with a start."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from ..core.errors import Invalid, Unavailable
from .refusals import refusal
from .tokens import Tokens

# ARM gives up on a request after as long.
_TIMEOUT = httpx2.Timeout(60.0, connect=5.0)
_LIMITS = httpx2.Limits(max_connections=32, max_keepalive_connections=32, keepalive_expiry=30.0)
_PAUSE = 0.1
_BUSY_TRIES = 5
_WARNING = re.compile(r'299 mlestate "([^"]*)"')
_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
Params = Mapping[str, str | Sequence[str]]


class Wire:
    """`patience` is for how many seconds a server that does not answer yet is asked again; `warn`
    hears what the server did and would rather not have."""

    def __init__(
        self,
        origin: str,
        tokens: Tokens,
        ca: Path | None = None,
        patience: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        warn: Callable[[str], None] = lambda text: None,
    ):
        if not origin.startswith(("https://", "http://")):
            raise Invalid(f"`{origin}` is no address: write one like https://localhost:8443")
        self.origin = origin.rstrip("/")
        self.sleep, self.clock, self.warn = sleep, clock, warn
        self._tokens, self._patience = tokens, patience
        # `trust_env` off: a proxy for the internet is none for the estate.
        self._http = httpx2.Client(
            base_url=self.origin,
            verify=_trust(self.origin, ca),
            timeout=_TIMEOUT,
            limits=_LIMITS,
            trust_env=False,
        )

    def close(self) -> None:
        self._http.close()

    def ask(
        self,
        method: str,
        address: str,
        body: Any = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        again: bool = False,
    ) -> httpx2.Response:
        """The answer when it is not a refusal; raises `PlatformError` else. `again`: to ask a
        second time is harmless, as it is of a PUT."""
        content = None if body is None else msgspec.json.encode(body)
        parts = {"content": content, "params": params, "again": again}
        response = self._authorized(method, address, parts, headers or {})
        if response.status_code == 401:
            self._tokens.forget()
            response = self._authorized(method, address, parts, headers or {})
        if response.status_code >= 300:
            raise refusal(response)
        for text in _WARNING.findall(response.headers.get("warning", "")):
            self.warn(text)
        return response

    def post_form(self, address: str, form: Mapping[str, str]) -> bytes:
        """Without a token: this is how one is had."""
        response = self._reach("POST", address, data=dict(form))
        if response.status_code >= 300:
            raise refusal(response)
        return response.content

    def _authorized(
        self, method: str, address: str, parts: Mapping[str, Any], said: Mapping[str, str]
    ) -> httpx2.Response:
        for attempt in range(_BUSY_TRIES):
            token = self._tokens.token(self.post_form)
            headers = {**said, "authorization": f"Bearer {token}"}
            if parts["content"] is not None:
                headers["content-type"] = "application/json"
            response = self._reach(method, address, headers=headers, **parts)
            wait = retry_after(response)
            if response.status_code not in (429, 503) or wait is None:
                break
            if attempt < _BUSY_TRIES - 1:
                self.sleep(wait)
        return response

    def _reach(
        self, method: str, address: str, again: bool = False, **parts: Any
    ) -> httpx2.Response:
        until = self.clock() + self._patience
        repeated = not again and method not in _REPEATABLE
        while True:
            try:
                return self._http.request(method, address, **parts)
            except httpx2.ConnectError as error:
                if _distrusted(error) or self.clock() >= until:
                    raise self._unreachable(error) from error
                self.sleep(_PAUSE)
            except (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError) as error:
                # The server closed a kept connection under us: that is not an answer.
                if repeated:
                    raise self._unreachable(error) from error
                repeated = True
            except httpx2.TransportError as error:
                raise self._unreachable(error) from error

    def _unreachable(self, error: httpx2.TransportError) -> Unavailable:
        if _distrusted(error):
            return Unavailable(
                f"the certificate of `{self.origin}` is not trusted ({error}): name its authority"
                " in MLESTATE_CA, or the estate's data folder with --data"
            )
        if isinstance(error, httpx2.ConnectError):
            return Unavailable(f"no estate answers at `{self.origin}`: start it with `mlestate up`")
        why = str(error) or type(error).__name__
        return Unavailable(f"`{self.origin}` broke off ({why}): see `mlestate status`")


def no_estate(url: httpx2.URL) -> Unavailable:
    """Something else answers there: a proxy's page, say."""
    return Unavailable(f"`{url}` answers with what is not JSON: is an estate there?")


def retry_after(response: httpx2.Response) -> float | None:
    """Seconds; a date is not read, since no server of ours sends one."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None


def _trust(origin: str, ca: Path | None) -> ssl.SSLContext:
    if origin.startswith("http://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # unused, and costs no reading of files
    try:
        return ssl.create_default_context(cafile=str(ca) if ca else None)
    except OSError as error:
        raise Invalid(f"`{ca}` is no file of authorities: {error}") from None


def _distrusted(error: Exception) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(error)
