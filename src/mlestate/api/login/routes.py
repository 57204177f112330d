"""The addresses of the login. All are anonymous: here one gets what the others ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from starlette.responses import Response
from starlette.routing import Route

from ...core.errors import PlatformError
from .. import errors
from ..http import Refusal, handled
from . import discovery, oauth, pages
from .authorize import authorize
from .callback import back_channel, callback
from .device import device
from .logout import logout, revoke
from .managed_identity import managed_identity
from .oauth import Handler
from .realm import Realm
from .token import device_code, token


class Address(NamedTuple):
    path: str
    methods: tuple[str, ...]
    handler: Callable[[Realm], Handler]
    # Of what the handler raises: in OAuth's shape, or on a page.
    refusal: Refusal = oauth.refuse


def _both(
    path: str,
    handler: Callable[[Realm], Handler],
    *methods: str,
    refusal: Refusal = oauth.refuse,
) -> list[Address]:
    """The address in v2, and in v1, where `adfs` and older clients look."""
    found = methods or ("GET",)
    return [Address(path % version, found, handler, refusal) for version in ("v2.0/", "")]


def _page(error: PlatformError) -> Response:
    return pages.message("This cannot go on", str(error), errors.status(error))


ADDRESSES = (
    Address("/common/discovery/instance", ("GET",), discovery.instance),
    *_both("/{tenant}/%s.well-known/openid-configuration", discovery.configuration),
    *_both("/{tenant}/discovery/%skeys", discovery.keys),
    *_both("/{tenant}/oauth2/%stoken", token, "POST"),
    *_both("/{tenant}/oauth2/%sdevicecode", device_code, "POST"),
    *_both("/{tenant}/oauth2/%sauthorize", authorize, "GET", "POST", refusal=_page),
    Address("/{tenant}/oauth2/identity", ("GET",), managed_identity),
    Address("/{tenant}/oauth2/deviceauth", ("GET", "POST"), device, _page),
    *_both("/{tenant}/oauth2/%slogout", logout, "GET", "POST", refusal=_page),
    *_both("/{tenant}/oauth2/%srevoke", revoke, "POST"),
    Address("/{tenant}/oauth2/callback", ("GET",), callback, _page),
    Address("/{tenant}/oauth2/backchannel", ("POST",), back_channel),
)


def routes(realm: Realm) -> list[Route]:
    return [
        Route(a.path, handled(a.handler(realm), a.refusal), methods=list(a.methods))
        for a in ADDRESSES
    ]
