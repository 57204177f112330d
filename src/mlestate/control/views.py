"""Saved views as a search finds them: one's own by name, else one that is shared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..catalog.views import OWN_VIEWS, SAVED_VIEWS
from ..core.access import Caller
from ..core.errors import Invalid, NotFound
from ..core.finding.fields import near
from ..core.ids import Address, ResourceId
from ..core.resource import View
from ..core.resource_type import ResourceType
from .engine import Engine

Document = dict[str, Any]


class Views:
    def __init__(self, engine: Engine):
        self._engine = engine

    def all(self, caller: Caller, view: View) -> list[Document]:
        """The caller's own, then those that are shared with them."""
        return [
            {**row, "shared": kind is SAVED_VIEWS}
            for kind in (OWN_VIEWS, SAVED_VIEWS)
            for row in self._rows(caller, kind, view)
        ]

    def find(self, caller: Caller, name: str, view: View) -> Document:
        """What a view says, by its name or its id. Raises NotFound, and Invalid where more than
        one is shared under the name."""
        if name.startswith("/"):
            return (self._engine.get(caller, name, {}, view).document or {})["properties"]  # type: ignore[no-any-return]
        for kind in (OWN_VIEWS, SAVED_VIEWS):
            found = list(self._rows(caller, kind, view, name))
            if len(found) > 1:
                ids = ", ".join(f"`{row['id']}`" for row in found)
                raise Invalid(f"there are {len(found)} views `{name}`, say which: {ids}")
            if found:
                said: Document = found[0]["properties"]
                return said
        known = [str(row["name"]) for row in self.all(caller, view)]
        advice = near(name, known) if known else ""
        raise NotFound(
            f"there is no view `{name[:80]}` that you may see{advice}", code="ViewNotFound"
        )

    def _rows(
        self, caller: Caller, kind: ResourceType, view: View, name: str = ""
    ) -> Iterator[Document]:
        namespace, _, rest = kind.name.partition("/")
        asked = {"$top": "1000", **({"name": name} if name else {})}
        while True:
            address = Address(ResourceId(), rest, namespace)
            page = self._engine.reading.page(caller, address, asked, view)
            yield from page.rows
            if not page.next:
                return
            asked = {**asked, "$skiptoken": page.next}
