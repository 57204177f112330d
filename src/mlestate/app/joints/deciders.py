"""Who decides on requests for roles, once one of them is gone: asked no more, and named no more.

Where nobody is left, it stays so that an approval is needed: a request is refused, and one that
waits is closed. Neither nobody nor everybody approves in their place.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog.approvals import APPROVAL, STAGE
from ...catalog.role_policies import POLICIES, without_approver
from ...catalog.schedule_requests import ACTIVATIONS, Status
from ...core import ids
from ...core.resource import Resource
from ...store.resources import Query, Resources

CLOSED = "Canceled"
_OPEN = "InProgress"
_MANY = 100_000


def leave_policies(store: Resources, principal_id: str) -> Iterator[Resource]:
    """The policies without the principal, where they named it."""
    for policy in store.list(Query(type=POLICIES, limit=_MANY)):
        rules = policy.properties.get("rules") or []
        left = without_approver(rules, principal_id)
        if left != rules:
            yield policy.with_properties(rules=left)


def leave_requests(store: Resources, principal_id: str) -> Iterator[Resource]:
    """What they were asked to decide, or had to do with otherwise, without them."""
    for kind in (APPROVAL, STAGE, ACTIVATIONS):
        for each in _concerning(store, kind, principal_id):
            left = _without(each, principal_id)
            if kind != ACTIVATIONS and _decided_by_nobody(left):
                left = left.with_properties(status=CLOSED)
                yield from _closed(store, left)
            yield left


def _decided_by_nobody(asked: Resource) -> bool:
    return asked.properties.get("status") == _OPEN and not asked.properties.get("approvers")


def _closed(store: Resources, asked: Resource) -> Iterator[Resource]:
    """The request, which waited for those who are gone."""
    request = store.load(ids.parse(str(asked.properties["requestId"])).key)
    if request is not None and request.properties.get("status") == Status.PENDING.value:
        yield request.with_properties(status=Status.CANCELED.value)


def _concerning(store: Resources, kind: str, principal_id: str) -> list[Resource]:
    wanted = frozenset({principal_id})
    return store.list(Query(type=kind, scopes=(), concerning=wanted, limit=_MANY))


def _without(found: Resource, principal_id: str) -> Resource:
    """Their place in each list of ids."""
    said = found.properties
    left = {
        field: [id for id in said[field] if id != principal_id]
        for field in ("parties", "approvers")
        if said.get(field) is not None
    }
    return found.with_properties(**left)
