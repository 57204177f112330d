"""A login of a person: approved on a page of the estate, or of the provider that it leads to."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from ..core.errors import PlatformError, Unauthenticated
from .tokens import Post

# Any will do: it is what the page says that goes on.
CLIENT = "mlestate"
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Started(msgspec.Struct, frozen=True):
    """`message` says to a person what to do."""

    device_code: str
    user_code: str
    verification_uri: str
    expires_in: int
    interval: int
    message: str


class Given(msgspec.Struct, frozen=True):
    access_token: str
    refresh_token: str


def start(post: Post, tenant: str) -> Started:
    form = {"client_id": CLIENT}
    return msgspec.json.decode(post(f"/{tenant}/oauth2/v2.0/devicecode", form), type=Started)


def wait(
    post: Post,
    tenant: str,
    started: Started,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Given:
    """Until somebody has approved. Raises Unauthenticated where nobody does."""
    form = {"grant_type": _GRANT, "client_id": CLIENT, "device_code": started.device_code}
    until, pause = clock() + started.expires_in, float(started.interval)
    while clock() < until:
        sleep(pause)
        try:
            return msgspec.json.decode(post(f"/{tenant}/oauth2/v2.0/token", form), type=Given)
        except PlatformError as error:
            if error.code == "slow_down":
                pause += 1.0
            elif error.code != "authorization_pending":
                raise Unauthenticated(str(error)) from None
    raise Unauthenticated("nobody approved the login in time: run `mlestate login` again")
