"""Whom a token may be meant for, and how clients ask for it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..core.errors import Invalid

AZURE = (
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://ml.azure.com",
    "https://storage.azure.com",
    "https://graph.microsoft.com",
)
_OPENID = {"openid", "profile", "email", "offline_access"}


class Requested(msgspec.Struct, frozen=True):
    """What a `scope` or a `resource` asks for."""

    audience: str
    scopes: tuple[str, ...]

    @property
    def openid(self) -> bool:
        return "openid" in self.scopes

    @property
    def offline(self) -> bool:
        return "offline_access" in self.scopes


class Audiences:
    """`origins` are the addresses of this estate; `portal` is the one in the cloud document."""

    def __init__(self, origins: Iterable[str], portal: str):
        self.origins = tuple(origin.rstrip("/") for origin in origins)
        self._accepted = frozenset((*AZURE, *self.origins, ml_audience(portal)))

    def accepts(self, audience: str) -> bool:
        return audience.removesuffix("/") in self._accepted

    def requested(self, scope: str, resource: str = "") -> Requested:
        """Reads `{resource}/.default`, `{resource}/user_impersonation`, or a bare `resource`."""
        scopes = tuple(scope.split())
        asked = {self._audience(s) for s in scopes if s not in _OPENID}
        if resource:
            asked.add(self._named(resource))
        if len(asked) > 1:
            raise Invalid("Ask for one resource at a time.", code="invalid_scope")
        return Requested(asked.pop() if asked else self.origins[0], scopes)

    def _audience(self, scope: str) -> str:
        # `https://x//.default` asks for `https://x/`: the slash belongs to the resource.
        return self._named(scope.rpartition("/")[0])

    def _named(self, resource: str) -> str:
        if not self.accepts(resource):
            raise Invalid(
                f"The resource `{resource[:200]}` is not one of this estate. "
                f"Ask for `{self.origins[0]}/.default`.",
                code="invalid_resource",
            )
        return resource


def origins(names: Iterable[str], port: int) -> list[str]:
    """The addresses of an estate that is served under these host names and IP addresses."""
    hosts = [f"[{name}]" if ":" in name else name for name in names]
    return [f"https://{host}" if port == 443 else f"https://{host}:{port}" for host in hosts]


def ml_audience(portal: str) -> str:
    """As azure-ai-ml makes it from the `portal` of a cloud: what is behind its second dot."""
    return "https://ml.azure." + ".".join(portal.split(".")[2:]).replace("/", "")
