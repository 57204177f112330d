"""How the file is written: keys in camelCase, no unknown ones, each with what editors show."""

from __future__ import annotations

import msgspec


def says(description: str) -> msgspec.Meta:
    return msgspec.Meta(description=description)


class Spec(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Keys are written in camelCase, as in Azure's own documents."""


def names_some(description: str, instead: str) -> msgspec.Meta:
    """Of a list that, where it is written, is not empty: an empty one is mostly what is left when
    somebody takes the last name out. `instead` is what to write for what might be meant."""
    return msgspec.Meta(description=description, min_length=1, extra={"instead": instead})
