"""Webhooks: their secrets, a test, and what is to be sent once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ..catalog.webhooks import WEBHOOKS
from ..core import happenings, signature
from ..core.errors import Conflict, Invalid
from ..core.ids import ResourceId
from ..core.lifecycle import Lifecycle, Slow, Work
from ..core.resource import Change, Resource
from ..store.resources import Resources

# What somebody must be able to read where they listen. What of it is denied to them further down,
# or later, is withheld when it would be told.
_SEEN = (
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.MachineLearningServices/workspaces/jobs/read",
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Insights/eventtypes/values/read",
)
MOST = 200
_DAY = 24 * 3600.0
_FOREVER = 1e12


class Post(Protocol):
    def test(self, work: Work, webhook: Resource, happening: happenings.Happening) -> str:
        """Put it in the outbox of this transaction, for this webhook alone; its id."""

    def redeliver(self, webhook: str, event: str) -> int:
        """In every cell; one event, or all that were set aside. How many there are."""

    def drop(self, work: Work, webhook: str) -> None:
        """All that was and is to be told to one that goes."""


class Webhooks(Lifecycle):
    kind = WEBHOOKS.name

    def __init__(self, post: Post, random: Callable[[int], bytes]):
        self.post, self.random = post, random

    def admit(self, work: Work, change: Change) -> None:
        """Nobody hears of more than they may read themselves."""
        for scope in change.properties.get("scopes") or ["/"]:
            for action in _SEEN:
                work.caller.need(action, "" if scope == "/" else scope)
        if change.old is None and Resources(work.connection).count(self.kind, "") >= MOST:
            raise Conflict(f"the estate has its {MOST} webhooks: delete one first")

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        """One has a secret from the first, so that nothing is ever sent unsigned."""
        if work.secret(resource.id) is None:
            self._keep(work, resource, [self._fresh()])

    def removed(self, work: Work, resource: Resource) -> None:
        self.post.drop(work, resource.name.lower())

    def act(
        self, work: Work, verb: str, resource: Resource | None, id: ResourceId, body: Any
    ) -> Any:
        if resource is None:
            raise Conflict(f"there is no webhook `{id.name}`")
        if verb == "renewSecret":
            return self._renew(work, resource)
        said = {"webhook": resource.name, "by": work.caller.name}
        one = happenings.told(happenings.PINGED, resource.id, work.at, said)
        return {"event": self.post.test(work, resource, one)}

    def run(self, slow: Slow, verb: str, resource: Resource, body: Any) -> None:
        event = body.get("event") if isinstance(body, dict) else None
        if event is not None and not isinstance(event, str):
            raise Invalid("`event` is the id of an event", target="$.event")
        self.post.redeliver(resource.name.lower(), event or "")

    def _renew(self, work: Work, resource: Resource) -> dict[str, str]:
        """The one before signs too for a day: the receiver is changed in peace."""
        fresh = self._fresh()
        kept = (work.secret(resource.id) or {}).get("secrets") or []
        before = [{**one, "until": min(one["until"], work.at + _DAY)} for one in kept[:1]]
        self._keep(work, resource, [fresh, *before])
        return {"secret": str(fresh["value"])}

    def _fresh(self) -> dict[str, Any]:
        return {"value": signature.secret(self.random(signature.BYTES)), "until": _FOREVER}

    def _keep(self, work: Work, resource: Resource, secrets: list[dict[str, Any]]) -> None:
        Resources(work.connection).save_secret(resource.id.key, {"secrets": secrets})
