"""Workspaces, as what lies in them is asked by."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .compare import fold, passes
from .fields import FIELDS, PLACE_TAGS
from .tree import Test


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """`key` is the id in lower case; `guid` names it where runs are kept. `tags` have their keys in
    lower case."""

    number: int
    key: str
    id: str
    guid: str
    region: str
    tags: Mapping[str, str] = {}

    def said(self, field: str, key: str = "") -> str | None:
        """None where nothing is said of it."""
        if field == "workspaceTags" or field in PLACE_TAGS:
            return self.tags.get(fold(key or field))
        parts = self.id.split("/")
        match field:
            case "workspace":
                return parts[-1]
            case "resourceGroup":
                return parts[4] if len(parts) > 4 else None
            case "subscription":
                return parts[2]
        return self.region


def place_passes(test: Test, place: Place) -> bool:
    if test.field == "workspace" and isinstance(test.value, str) and test.value.startswith("/"):
        return passes(test, place.key, folded=True)
    return passes(test, place.said(test.field, test.key), FIELDS[test.field].folded)
