"""Whether an ID token is the provider's, for us, about this login, and of now."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from typing import Any

import jwt
import msgspec
from jwt.types import Options

from ...core.errors import Unauthenticated
from ..generation import Clock
from .discovery import Discovery
from .wanted import Provider

Claims = Mapping[str, Any]
# Times are compared here, against the clock of this estate.
_CHECKED: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_sub": False,
    "verify_jti": False,
}
_NUL = b"\\u0000"
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


class IdTokens:
    def __init__(self, provider: Provider, discovery: Discovery, clock: Clock):
        self._provider, self._discovery, self._clock = provider, discovery, clock

    def verify(self, token: str, nonce: str) -> Claims:
        """The claims of the token of a login. Raises Unauthenticated."""
        claims = self._signed(token, ["iss", "aud", "exp", "iat"])
        self._hold_party(claims)
        now, skew = self._clock(), self._provider.skew
        if now >= _number(claims, "exp") + skew:
            raise Unauthenticated("the provider's token has expired: log in again")
        if now < max(_number(claims, "iat"), _number(claims, "nbf", 0.0)) - skew:
            raise Unauthenticated(
                "the provider's token is from the future: its clock and that of this estate differ"
            )
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise Unauthenticated("the provider's token is of another login: log in again")
        self.subject(claims)
        return claims

    def verify_logout(self, token: str) -> Claims:
        """The claims of a logout token (OpenID Connect Back-Channel Logout 1.0)."""
        claims = self._signed(token, ["iss", "aud", "iat", "events"])
        events = claims.get("events")
        if not isinstance(events, Mapping) or _LOGOUT not in events or "nonce" in claims:
            raise Unauthenticated("the token is not one of a logout")
        age = self._clock() - _number(claims, "iat")
        if not -self._provider.skew <= age <= 600 + self._provider.skew:
            raise Unauthenticated("the token of the logout is too old")
        return claims

    def subject(self, claims: Claims) -> str:
        """The provider's own word for somebody."""
        found = claims.get(self._provider.subject)
        if not isinstance(found, str) or not found or len(found) > 255:
            raise Unauthenticated(f"the provider's token has no claim `{self._provider.subject}`")
        return found

    def _signed(self, token: str, needed: list[str]) -> Claims:
        key, algorithms = self._discovery.key(token)
        try:
            claims: Claims = jwt.decode(
                token,
                key,
                algorithms=algorithms,
                audience=self._provider.client_id,
                issuer=self._provider.issuer,
                options={**_CHECKED, "require": needed},
            )
        except (jwt.PyJWTError, RecursionError) as error:
            raise Unauthenticated(f"the provider's token is not good: {error}") from None
        return kept(claims)

    def _hold_party(self, claims: Claims) -> None:
        """A token for several is for us alone if it says so."""
        audience, party = claims["aud"], claims.get("azp")
        several = isinstance(audience, list) and len(audience) > 1
        if (several or party is not None) and party != self._provider.client_id:
            raise Unauthenticated("the provider's token was given to another client")


def kept(claims: Claims) -> Claims:
    """The claims, where every text of them can be kept and compared. Raises Unauthenticated."""
    try:
        raw = msgspec.json.encode(claims)
    except (UnicodeEncodeError, OverflowError, RecursionError):
        raw = _NUL
    if _NUL in raw:
        raise Unauthenticated("the provider says what is no text")
    return claims


def _number(claims: Claims, name: str, otherwise: float | None = None) -> float:
    found = claims.get(name, otherwise)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Unauthenticated(f"the provider's token has no number as `{name}`")
    try:
        number = float(found)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Unauthenticated(f"the provider's token has no time as `{name}`")
    return number
