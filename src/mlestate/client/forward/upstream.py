"""The proxies that this machine's own way to the internet goes through, as variables name them."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import msgspec

from ...core.errors import Invalid
from .place import Place


class Upstream(msgspec.Struct, frozen=True):
    """`authorization` is the header's value, empty where the proxy asks for none."""

    place: Place
    tls: bool = False
    authorization: str = ""


class Upstreams(msgspec.Struct, frozen=True):
    http: Upstream | None = None
    https: Upstream | None = None
    # Patterns of what is reached without them.
    none: tuple[str, ...] = ()

    def way(self, scheme: str, place: Place) -> Upstream | None:
        """None where the place is reached directly."""
        if any(_covers(pattern, place) for pattern in self.none):
            return None
        return self.http if scheme == "http" else self.https


def read(environment: Mapping[str, str]) -> Upstreams:
    """Raises Invalid for a proxy of a kind that this one cannot go through."""

    def named(variable: str) -> str:
        return environment.get(variable.lower()) or environment.get(variable) or ""

    every = named("ALL_PROXY")
    patterns = (each.strip().lower() for each in named("NO_PROXY").split(","))
    return Upstreams(
        _upstream("HTTP_PROXY", named("HTTP_PROXY") or every),
        _upstream("HTTPS_PROXY", named("HTTPS_PROXY") or every),
        tuple(each for each in patterns if each),
    )


def _upstream(variable: str, text: str) -> Upstream | None:
    if not text:
        return None
    parts = urlsplit(text if "://" in text else f"http://{text}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        # Not the text: a password may be in it.
        raise Invalid(
            f"{variable} (or ALL_PROXY) names a proxy by `{parts.scheme}`: only http and https "
            "proxies can be gone through; unset it, or name another"
        )
    tls = parts.scheme == "https"
    place = Place(parts.hostname, parts.port or (443 if tls else 80))
    return Upstream(place, tls, _basic(parts.username, parts.password))


def _basic(user: str | None, password: str | None) -> str:
    if user is None:
        return ""
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _covers(pattern: str, place: Place) -> bool:
    if pattern in ("*", place.host, str(place)):
        return True
    try:
        return ipaddress.ip_address(place.host) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        name = pattern.removeprefix("*").lstrip(".")
        return bool(name) and (place.host == name or place.host.endswith(f".{name}"))
