"""User principal names, which clients of Azure show: a name with a domain."""

from __future__ import annotations

# Who is called by a domain already keeps it.
DOMAIN = "mlestate.local"


def upn(name: str) -> str:
    return name if "@" in name else f"{name}@{DOMAIN}"


def names_of(text: str) -> tuple[str, ...]:
    """The names that a user principal name may stand for."""
    name, _, domain = text.rpartition("@")
    return (text, name) if name and domain.casefold() == DOMAIN else (text,)
