"""POST: an action on a resource, quick (answered) or slow (asked for, and polled)."""

from __future__ import annotations

from typing import Any

from ..core import validate
from ..core.access import Caller
from ..core.errors import NotFound
from ..core.ids import Address
from ..core.resource import View
from ..core.resource_type import Action
from .plane import Plane
from .reading import missing
from .work import writing
from .writing import Outcome, operation_address


class Acting:
    def __init__(self, plane: Plane):
        self.plane = plane

    def act(self, caller: Caller, address: Address, body: Any, view: View) -> Outcome:
        """The outcome's `document` is the answer of a quick action."""
        id, kind = address.id, self.plane.kind(address.id)
        action = kind.action(address.tail)
        if action is None:
            raise NotFound(f"`{kind.name}` has no action `{address.tail}`", code="NotFound")
        self.plane.need(caller, kind, action.name, id)
        self.plane.locks.hold(id, "action")
        checked = validate.read(body, action.body) if action.body else body
        region = self.plane.region_of(id)
        if region is None:
            raise missing(kind, id)
        with writing(self.plane, region, caller, view) as work:
            found = work.resources.load(id.key)
            if found is None and not action.creates_target:
                raise missing(kind, id)
            if action.slow and found is not None:
                asked = work.later(action.name, found, body)
                work.record(kind.permission(action.name), id, 202, asked)
                outcome = Outcome(operation=operation_address(work, found, asked))
            else:
                work.record(kind.permission(action.name), id)
                outcome = Outcome(document=self._answer(action, work, found, address, checked))
        self.plane.changed(kind.name.lower())
        return outcome

    def _answer(
        self, action: Action, work: Any, found: Any, address: Address, checked: Any
    ) -> dict[str, Any]:
        lifecycle = self.plane.lifecycles[address.id.type.lower()]
        answer = lifecycle.act(work, action.name, found, address.id, checked)
        return answer or {}
