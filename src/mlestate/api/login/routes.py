"""The addresses of the login. All are anonymous: here one gets what the others ask for."""

from __future__ import annotations

from starlette.routing import Route

from . import discovery
from .authorize import authorize
from .device import device
from .realm import Realm
from .token import device_code, token


def routes(realm: Realm) -> list[Route]:
    return [
        Route("/common/discovery/instance", discovery.instance(realm), methods=["GET"]),
        *_both("/{tenant}/%s.well-known/openid-configuration", discovery.configuration(realm)),
        *_both("/{tenant}/discovery/%skeys", discovery.keys(realm)),
        *_both("/{tenant}/oauth2/%stoken", token(realm), "POST"),
        *_both("/{tenant}/oauth2/%sdevicecode", device_code(realm), "POST"),
        *_both("/{tenant}/oauth2/%sauthorize", authorize(realm), "GET", "POST"),
        Route("/{tenant}/oauth2/deviceauth", device(realm), methods=["GET", "POST"]),
    ]


def _both(path: str, handler: object, *methods: str) -> list[Route]:
    """The address in v2, and in v1, where `adfs` and older clients look."""
    wanted = list(methods) or ["GET"]
    return [
        Route(path % version, handler, methods=wanted)  # type: ignore[arg-type]
        for version in ("v2.0/", "")
    ]
