"""How the file is written: keys in camelCase, no unknown ones, each with what editors show."""

from __future__ import annotations

import msgspec


def says(description: str) -> msgspec.Meta:
    return msgspec.Meta(description=description)


class Spec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Keys are written in camelCase, as in Azure's own documents."""
