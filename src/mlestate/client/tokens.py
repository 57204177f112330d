"""Where a client's access tokens come from."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from ..core.errors import Unavailable

# A token is renewed this long before it ends, so that none runs out on its way.
_EARLY = 60.0

# Posts a form to a path of the estate and gives the JSON of the answer.
Post = Callable[[str, Mapping[str, str]], bytes]


class Tokens(Protocol):
    def token(self, post: Post) -> str:
        """A token that holds now."""

    def forget(self) -> None:
        """The last one was refused: get another."""


class FixedToken:
    """A token that somebody else got."""

    def __init__(self, text: str):
        self._text = text

    def token(self, post: Post) -> str:
        return self._text

    def forget(self) -> None:
        """Nothing to do: there is no other."""


class _Answer(msgspec.Struct, frozen=True):
    access_token: str
    # Some servers write the number as text.
    expires_in: int | str = 3600
    refresh_token: str = ""


class Renewed:
    """A token that is kept until shortly before it ends; how one is had is said by `form`."""

    def __init__(self, tenant: str, clock: Callable[[], float]):
        self._address, self._clock = f"/{tenant}/oauth2/v2.0/token", clock
        self._lock = threading.Lock()
        self._text, self._until = "", 0.0

    def token(self, post: Post) -> str:
        # Held while asking: eight threads that start together ask once.
        with self._lock:
            if not self._text or self._clock() >= self._until:
                self._ask(post)
            return self._text

    def forget(self) -> None:
        with self._lock:
            self._text = ""

    def form(self) -> dict[str, str]:
        raise NotImplementedError

    def given(self, answer: _Answer) -> None:
        """What else came with the token."""

    def _ask(self, post: Post) -> None:
        try:
            answer = msgspec.json.decode(post(self._address, self.form()), type=_Answer)
        except msgspec.DecodeError as error:
            raise Unavailable(
                f"`{self._address}` gives no token ({error}): is it an estate?"
            ) from None
        self._text = answer.access_token
        self._until = self._clock() + float(answer.expires_in) - _EARLY
        self.given(answer)


class ClientCredentials(Renewed):
    """OAuth 2.0 client credentials."""

    def __init__(
        self,
        tenant: str,
        client_id: str,
        client_secret: str,
        clock: Callable[[], float] = time.monotonic,
    ):
        super().__init__(tenant, clock)
        self._id, self._secret = client_id, client_secret

    def form(self) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_id": self._id,
            "client_secret": self._secret,
            "scope": "https://management.azure.com/.default",
        }


class RefreshTokens(Renewed):
    """The session of a person. Each refresh token is good once: `load` gives the newest, since
    another process may have used the one before, and `keep` puts away the next."""

    def __init__(
        self,
        tenant: str,
        client_id: str,
        load: Callable[[], str],
        keep: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
    ):
        super().__init__(tenant, clock)
        self._id, self._load, self._keep = client_id, load, keep

    def form(self) -> dict[str, str]:
        return {
            "grant_type": "refresh_token",
            "client_id": self._id,
            "refresh_token": self._load(),
            "scope": "https://management.azure.com/.default offline_access",
        }

    def given(self, answer: _Answer) -> None:
        if answer.refresh_token:
            self._keep(answer.refresh_token)
