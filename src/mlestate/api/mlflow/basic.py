"""Who sends an id and a secret with every request, as plain MLflow does where a token would end."""

from __future__ import annotations

import base64
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

import msgspec

from ...core.errors import Unauthenticated
from ..http import in_thread

# Logs in with id and secret, from an address: the token, and the seconds that it lasts.
LogIn = Callable[[str, str, str], tuple[str, int]]
_MOST = 10_000
# A token is renewed this long before its end, so that none ends on its way.
_EARLY = 60.0


class Basic(msgspec.Struct, frozen=True):
    user: str
    password: str

    @property
    def is_token(self) -> bool:
        """Only tokens have two dots; the name beside one is anybody's."""
        return self.password.count(".") == 2


class _Kept(NamedTuple):
    token: str
    until: float


class Standing:
    """Logs in once an hour for each of them. What a token of theirs may do is asked every time."""

    def __init__(self, log_in: LogIn, clock: Callable[[], float]):
        self._log_in, self._clock = log_in, clock
        self._kept: dict[bytes, _Kept] = {}

    async def token(self, said: Basic, address: str) -> str:
        """Raises Unauthenticated."""
        key = sha256(f"{said.user}\0{said.password}".encode()).digest()
        kept = self._kept.get(key)
        if kept is not None and self._clock() < kept.until:
            return kept.token
        token, lasts = await in_thread(self._log_in, said.user, said.password, address)
        # When full it starts over: cheaper than keeping order, and rare.
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[key] = _Kept(token, self._clock() + lasts - _EARLY)
        return str(token)


def read(authorization: str) -> Basic | None:
    """None for any other scheme. Raises Unauthenticated."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # neither base64, nor of ASCII, nor UTF-8
        raise Unauthenticated(
            "The `Authorization` header is not valid basic authentication."
        ) from None
    return Basic(user, password)
