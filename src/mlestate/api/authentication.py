"""From a request to its caller."""

from __future__ import annotations

from starlette.requests import Request

from ..core.access import Caller
from ..identity.authentication import Authenticator
from .http import bearer, in_thread


async def caller_of(request: Request, authenticator: Authenticator) -> Caller:
    """Who asks; raises Unauthenticated. On the event loop when the token is known, else in a
    thread, because then it takes the database."""
    token = bearer(request)
    known = authenticator.cached(token)
    if known is not None:
        return known
    caller: Caller = await in_thread(authenticator.authenticate, token)
    return caller
