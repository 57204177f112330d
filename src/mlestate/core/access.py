"""Who asks, and the one way of refusing them. What they may do is reckoned in `rights`."""

from __future__ import annotations

import math
import re

import msgspec

from .errors import Denial, Forbidden
from .rights import Grant, Permission, Rights, Role, ancestors, gives, matches
from .roles import smallest

__all__ = [
    "Caller",
    "Grant",
    "Permission",
    "Rights",
    "Role",
    "ancestors",
    "denial",
    "gives",
    "matches",
    "refusal",
]

_GROUP = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+")


class Caller(msgspec.Struct, frozen=True):
    """Who asks. `kind` is User, ServicePrincipal or Job; `job` is set for a job's own identity.

    `ends` is when these rights end by themselves, in seconds since the epoch: those of a guest do.
    """

    id: str
    name: str
    kind: str
    rights: Rights
    job: str = ""
    ends: float = math.inf

    def need(self, action: str, scope: str, data: bool = False) -> None:
        """Refuse, naming the action that is missing and the role that would give it."""
        if not self.rights.allows(action, scope, data):
            raise refusal(self, action, scope, data)


def refusal(caller: Caller, action: str, scope: str, data: bool = False) -> Forbidden:
    return Forbidden(
        f"The client `{caller.name}` with object id `{caller.id}` does not have authorization to "
        f"perform {'data action' if data else 'action'} `{action}` over scope `{scope or '/'}`."
        f"{_advice(caller, action, scope, data)}",
        target=action,
    ).of(denial(caller, action, scope))


def denial(caller: Caller, action: str, scope: str) -> Denial:
    return Denial(caller.id, caller.name, caller.kind, caller.job, action, scope or "/")


def _advice(caller: Caller, action: str, scope: str, data: bool) -> str:
    if caller.ends < math.inf and not _own(caller.rights, scope):
        return " A guest has rights in their own project alone."
    role = smallest(action, data)
    return f" The role `{role.name}` has it." if role else ""


def _own(rights: Rights, scope: str) -> bool:
    """Whether something is held there, or beside it: a workspace's storage stands in its group."""
    key = scope.rstrip("/").lower()
    group = _GROUP.match(key)
    held = not set(ancestors(key)).isdisjoint(rights.places())
    return held or (group is not None and rights.reach(group[0]))
