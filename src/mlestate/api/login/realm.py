"""What the login addresses need of the estate."""

from __future__ import annotations

import anyio
import msgspec
from starlette.requests import Request

from ...core.errors import Invalid
from ...identity.environment import TENANT
from ...identity.guard import From
from ...identity.keys import SigningKeys
from ...identity.logins import Logins
from ...identity.provider.logins import ProviderLogins
from ..http import view
from ..trail import trail_of
from . import remembered
from .pages import Ways

# Clients that do not know a tenant ask for one of the first two.
_ALIASES = ("common", "organizations", TENANT)


class Realm(msgspec.Struct, frozen=True):
    logins: Logins
    keys: SigningKeys
    tenant: str
    provider: ProviderLogins | None = None
    # Comparing a password takes a processor for a while: with threads of its own, a burst of
    # logins does not stand in the way of those who are logged in, nor of programs.
    passwords: anyio.CapacityLimiter = msgspec.field(
        default_factory=lambda: anyio.CapacityLimiter(2)
    )
    grants: anyio.CapacityLimiter = msgspec.field(default_factory=lambda: anyio.CapacityLimiter(4))
    # A provider that is slow or away keeps nobody from a login that does not need it.
    outside: anyio.CapacityLimiter = msgspec.field(default_factory=lambda: anyio.CapacityLimiter(8))

    def path_tenant(self, request: Request) -> str:
        """The tenant as the address says it, if it is this one."""
        tenant: str = request.path_params["tenant"]
        if tenant.lower() not in (self.tenant, *_ALIASES):
            raise Invalid(
                f"The tenant `{tenant[:64]}` is not known here: this is `{self.tenant}`.",
                code="unknown_tenant",
            )
        return tenant

    @property
    def ways(self) -> Ways:
        """How people log in on a page."""
        shown = self.provider.provider.shown if self.provider else ""
        return Ways(shown, self.logins.credentials.passwords)

    def pages(self, request: Request) -> str:
        """The origin of pages for people, whose browsers no proxy leads by Azure's names."""
        seen = view(request)
        return self.logins.origin if seen.by_azures_name else seen.origin


def source(request: Request) -> From:
    address = request.client.host if request.client else ""
    asked, word = trail_of(request.scope).asked, remembered.word(request)
    return From(address, view(request).origin, asked, word)
