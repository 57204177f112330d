"""What the provider says of itself, and its keys: kept for a while, and its keys as they rotate."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import jwt
import msgspec

from ...core.errors import Unauthenticated, Unavailable
from ..generation import Clock
from .wanted import Provider
from .wire import Wire

_ADDRESS = re.compile(r"[!-~]+")
_KEPT = 3600.0
# A stranger's key id costs the provider no more than a request in so many seconds.
_AGAIN = 10.0
# While the provider is away, so many seconds go by between two who wait for it.
_AWAY = 5.0
# Asymmetric alone: a token "signed" with a secret that two know proves nothing of one of them.
ALGORITHMS = frozenset(
    f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)
) | {"EdDSA"}


class Metadata(msgspec.Struct, frozen=True):
    """Of the discovery document, what is used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    authorization_response_iss_parameter_supported: bool = False


class _Kept(NamedTuple):
    metadata: Metadata
    until: float


class Key(NamedTuple):
    key: Any
    algorithms: list[str]


class Discovery:
    def __init__(self, provider: Provider, wire: Wire, clock: Clock):
        self._provider, self._wire, self._clock = provider, wire, clock
        self._lock = threading.Lock()
        self._kept: _Kept | None = None
        self._away: tuple[float, Unavailable] | None = None
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked, self._known_until = float("-inf"), float("-inf")

    def metadata(self) -> Metadata:
        """Raises Unavailable where there is none, or it is another's."""
        kept = self._kept
        if kept is not None and self._clock() < kept.until:
            return kept.metadata
        if self._away is not None and self._clock() < self._away[0]:
            raise self._away[1]
        try:
            found = self._read()
        except Unavailable as error:
            self._away = (self._clock() + _AWAY, error)
            raise
        self._kept = _Kept(found, self._clock() + _KEPT)
        return found

    def count(self) -> int:
        """How many keys it has now. Raises Unavailable, also where there is none."""
        found = len(_keys(self._wire.get(self.metadata().jwks_uri)))
        if not found:
            raise Unavailable(f"`{self._provider.issuer}` has no key that signs")
        return found

    def key(self, token: str) -> Key:
        """What the token says that it is signed with. Raises Unauthenticated."""
        try:
            header: Mapping[str, Any] = jwt.get_unverified_header(token)
        except (jwt.InvalidTokenError, RecursionError):
            raise Unauthenticated("what the provider sent is no token") from None
        offered = set(self.metadata().id_token_signing_alg_values_supported) & ALGORITHMS
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in offered:
            raise Unauthenticated(f"the provider signs by `{str(algorithm)[:20]}`, not as it says")
        kid = str(header.get("kid") or "")
        found = self._find(kid) or self._reloaded(kid)
        if found is None:
            raise Unauthenticated("the token is signed by a key that the provider does not have")
        if found.algorithm_name and found.algorithm_name != algorithm:
            raise Unauthenticated("the token is signed in another way than its key is for")
        return Key(found.key, [algorithm])

    def _find(self, kid: str) -> jwt.PyJWK | None:
        if self._clock() >= self._known_until:
            return None
        if not kid and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    def _reloaded(self, kid: str) -> jwt.PyJWK | None:
        with self._lock:
            if found := self._find(kid):
                return found  # another thread was here first
            if self._clock() < self._asked + _AGAIN:
                return None
            self._asked = self._clock()
            document = self._wire.get(self.metadata().jwks_uri)
            self._keys = dict(_keys(document))
            self._known_until = self._clock() + _KEPT
        return self._find(kid)

    def _read(self) -> Metadata:
        address = self._provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        document = self._wire.get(address)
        try:
            found = msgspec.convert(document, Metadata)
        except msgspec.ValidationError as error:
            raise Unavailable(f"`{address}` is no discovery document: {error}") from None
        if found.issuer != self._provider.issuer:
            raise Unavailable(
                f"the provider calls itself `{found.issuer[:200]}`, not `{self._provider.issuer}`: "
                "write `oidc.issuer` just so"
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            self._hold_address(name, getattr(found, name))
        if found.userinfo_endpoint:
            self._hold_address("userinfo_endpoint", found.userinfo_endpoint)
        return found

    def _hold_address(self, name: str, address: str) -> None:
        secure = self._provider.issuer.startswith("https://")
        if secure and not address.startswith("https://"):
            raise Unavailable(f"the provider's `{name}` is not under https://")
        try:
            parts = urlsplit(address)
            good = bool(parts.hostname) and parts.port != 0
        except ValueError:  # brackets or a port that are none
            good = False
        if not good or not _ADDRESS.fullmatch(address):
            raise Unavailable(f"the provider's `{name}` is no address")


def _keys(document: Mapping[str, Any]) -> list[tuple[str, jwt.PyJWK]]:
    """Those that can sign, of a kind that is known."""
    found: list[tuple[str, jwt.PyJWK]] = []
    said = document.get("keys")
    for each in said if isinstance(said, list) else []:
        if (
            not isinstance(each, dict)
            or each.get("use", "sig") != "sig"
            or each.get("kty") == "oct"
        ):
            continue
        try:
            found.append((str(each.get("kid") or ""), jwt.PyJWK(each)))
        except (jwt.PyJWTError, ValueError, TypeError):
            continue  # of a kind that came after this program, or no key at all
    return found
