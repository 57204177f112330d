"""What a subscription offers, the same to all who see it: resource providers and locations."""

from __future__ import annotations

from typing import Any

from ..catalog import namespaces
from ..core import data
from ..core.access import Caller, refusal
from ..core.errors import NotFound
from ..core.ids import Address, ResourceId
from .needing import seen
from .plane import Plane
from .reading import Page, missing

SUBSCRIPTIONS = "Microsoft.Resources/subscriptions"
REGISTER = ("register", "unregister")
Document = dict[str, Any]


class Namespaces:
    def __init__(self, plane: Plane):
        self.plane = plane

    def page(self, caller: Caller, address: Address) -> Page:
        """`…/providers`: every namespace."""
        self._need(caller, address.id, "providers")
        places = self._places(address.id)
        scope = str(address.id)
        return Page([namespaces.document(scope, name, places) for name in _sorted()])

    def get(self, caller: Caller, address: Address) -> Document:
        """`…/providers/NAMESPACE`."""
        self._need(caller, address.id, "providers")
        name = self._known(address.namespace)
        return namespaces.document(str(address.id), name, self._places(address.id))

    def register(self, caller: Caller, address: Address) -> Document:
        """All of them are registered everywhere: to ask for it changes nothing."""
        return self.get(caller, address)

    def locations(self, caller: Caller, address: Address) -> Page:
        """The regions that the estate is open in."""
        self._need(caller, address.id, "locations")
        known = data.regions()
        return Page(
            [
                {
                    "id": f"{address.id}/locations/{name}",
                    "name": name,
                    "type": "Region",
                    "displayName": (shown := known[name].display if name in known else name),
                    "regionalDisplayName": shown,
                    "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
                }
                for name in sorted(self.plane.cells.regions)
            ]
        )

    def _need(self, caller: Caller, id: ResourceId, what: str) -> None:
        """Whoever sees a subscription may know what is offered in it; and so may, of what is
        offered at all, everybody who is known here."""
        if not id.steps:
            return
        kind = self.plane.kind(id)
        action = f"{SUBSCRIPTIONS}/{what}/read"
        if not (caller.rights.allows(action, str(id)) or seen(caller, kind, id)):
            raise refusal(caller, action, str(id))
        if self.plane.load(id) is None:
            raise missing(kind, id)

    def _known(self, asked: str) -> str:
        name = namespaces.names().get(asked.lower())
        if name is None:
            raise NotFound(
                f"The resource namespace `{asked[:80]}` is not one of this estate: it has "
                f"{', '.join(_sorted())}",
                code="InvalidResourceNamespace",
            )
        return name

    def _places(self, id: ResourceId) -> list[str]:
        """As Azure writes them here: `West Europe`. The tenant's own are nobody's in particular."""
        known = data.regions()
        open_now = sorted(self.plane.cells.regions) if id.steps else []
        return [known[name].display if name in known else name for name in open_now]


def _sorted() -> list[str]:
    return sorted(namespaces.names().values())
