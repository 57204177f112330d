"""User principal names, which clients of Azure show: a name with a domain; and which names nobody
is given, because they would be taken for somebody else's."""

from __future__ import annotations

from .founders import looks_reserved
from .look_alikes import looks, mixed

# Who is called by a domain already keeps it.
DOMAIN = "mlestate.local"


def upn(name: str) -> str:
    return name if "@" in name else f"{name}@{DOMAIN}"


def names_of(text: str) -> tuple[str, ...]:
    """The names that a user principal name may stand for, the one that it means first."""
    name, _, domain = text.rpartition("@")
    return (name, text) if name and domain.casefold() == DOMAIN else (text,)


def misleading(name: str) -> str:
    """Why nobody new is called so; empty where that is fine."""
    local, at, domain = name.rpartition("@")
    if at and looks(domain) == looks(DOMAIN):
        return f"so `{local}` is shown to clients of Azure, whoever that is"
    if looks_reserved(name):
        return "it looks like one that is the server's own"
    if word := mixed(name):
        return f"`{word}` has letters of several alphabets that look alike"
    return ""
