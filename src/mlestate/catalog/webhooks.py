"""Webhooks: addresses that are told of what happens."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from ..core import happenings, ids
from ..core.errors import PlatformError
from ..core.resource import Change
from ..core.resource_type import Action, NameRule, ResourceType
from ..core.validate import Fault
from .writing import filled, refuse

MOST_SCOPES = 5000
MOST_EVENTS = 50
LONGEST_URL = 2000
NAME = NameRule(r"[a-z][a-z0-9-]{0,62}", "a-z, 0-9 and -, a letter first, and at most 63 of them")
_HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")


class Webhook(Struct, frozen=True):
    """`events` are names, in which `*` is any text; `scopes` ids below which something happens."""

    url: str
    events: list[str]
    scopes: list[str] | None = None
    description: str | None = None
    enabled: bool | None = None


def events(patterns: list[str]) -> set[str]:
    """The names that the patterns mean."""
    return {name for pattern in patterns for name in _named(pattern)}


def _named(pattern: str) -> list[str]:
    """In a pattern `*` is any text."""
    if not re.fullmatch(r"[\w.*]{1,100}", pattern):
        return []
    return [name for name in happenings.EVENTS if fnmatchcase(name.lower(), pattern.lower())]


def faults(webhook: Webhook) -> list[Fault]:
    """By field."""
    found: list[Fault] = [("url", text) for text in url_faults(webhook.url)]
    if not 1 <= len(webhook.events) <= MOST_EVENTS:
        found.append(("events", f"has {len(webhook.events)}: from 1 to {MOST_EVENTS}"))
    for i, pattern in enumerate(webhook.events):
        if not _named(pattern):
            known = ", ".join(happenings.EVENTS)
            found.append((f"events[{i}]", f"`{pattern[:80]}` is no event; there are {known}"))
    scopes = webhook.scopes or []
    if len(scopes) > MOST_SCOPES:
        found.append(("scopes", f"has {len(scopes)}: at most {MOST_SCOPES}"))
    for i, scope in enumerate(scopes):
        if not _is_scope(scope):
            found.append((f"scopes[{i}]", f"`{scope[:200]}` is not the id of a resource, nor `/`"))
    return found


def url_faults(url: str) -> list[str]:
    if len(url) > LONGEST_URL or re.search(r"[\s\\\x00-\x1f\x7f]", url):
        return ["is no address: it is too long, or has blanks in it"]
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ["is no address such as `https://hooks.example.com/mlestate`"]
    if parts.scheme not in ("https", "http") or not host or port == 0:
        return ["is no address such as `https://hooks.example.com/mlestate`"]
    if parts.username is not None or parts.password is not None or parts.fragment:
        return ["has a user, a password or a `#` in it: leave them out"]
    if not _HOST.fullmatch(parts.netloc.removesuffix(f":{port}")):
        return [f"has the host `{host[:80]}`: write it in ASCII letters"]
    return []


def _is_scope(scope: str) -> bool:
    if scope == "/":
        return True
    try:
        ids.parse(scope)
    except PlatformError:
        return False
    return True


def _check(change: Change) -> None:
    refuse([(f"$.properties.{field}", text) for field, text in faults(change.typed)])


def _complete(change: Change) -> dict[str, Any]:
    return filled(change.properties, scopes=["/"], enabled=True)


WEBHOOKS = ResourceType(
    name="Mlestate.Organization/webhooks",
    doc="An address that is told of what happens, and of what.",
    properties=Webhook,
    name_rule=NAME,
    estate_wide=True,
    stateful=False,
    actions=(
        Action(name="renewSecret"),
        Action(name="test"),
        Action(name="redeliver", slow=True),
    ),
    check=_check,
    complete=_complete,
)
