"""Who asks, and the one way of refusing them. What they may do is reckoned in `rights`."""

from __future__ import annotations

import math
import re

import msgspec

from .areas import Area, ancestors
from .errors import Forbidden, Refused
from .rights import Denial, Grant, Permission, Rights, Role, gives, matches
from .roles import smallest
from .time_boxes import Eligibility, helpful

__all__ = [
    "GIVES_RIGHTS",
    "Area",
    "Caller",
    "Denial",
    "Grant",
    "Permission",
    "Rights",
    "Role",
    "ancestors",
    "changes_directory",
    "gives",
    "matches",
    "refusal",
    "refused",
]

_GROUP = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+")

# Who may change the directory can become anybody in it. Contributor has `*` less
# `Microsoft.Authorization`; so a change takes, besides its own action, the right to give rights.
GIVES_RIGHTS = "Microsoft.Authorization/roleAssignments/write"
_DIRECTORY = "mlestate.identity/"


class Caller(msgspec.Struct, frozen=True):
    """Who asks. `kind` is User, ServicePrincipal or Job; `job` is set for a job's own identity, and
    `fence` is that of the lease under which it runs.

    `ends` is when these rights end by themselves, in seconds since the epoch: those of a guest do.
    `until` is when they are to be worked out anew: what is held for a time begins or ends.
    `since` is when the account was made: who has its object id later is somebody else.
    `eligible` is what could be activated, and gives nothing; `groups` are the ids of all groups.
    """

    id: str
    name: str
    kind: str
    rights: Rights
    job: str = ""
    ends: float = math.inf
    until: float = math.inf
    eligible: tuple[Eligibility, ...] = ()
    groups: frozenset[str] = frozenset()
    fence: int = 0
    since: float = 0.0

    @property
    def ids(self) -> frozenset[str]:
        """Their own and their groups', in lower case; a job is nobody of itself."""
        return frozenset() if self.job else frozenset({self.id.lower(), *self.groups})

    def need(self, action: str, scope: str, data: bool = False) -> None:
        """Refuse, naming the action that is missing and the role that would give it."""
        if not self.rights.allows(action, scope, data):
            raise refusal(self, action, scope, data)

    def need_both(self, action: str, besides: str, scope: str) -> None:
        """Two actions at once: the role that is named gives both."""
        for missing in (action, besides):
            if not self.rights.allows(missing, scope):
                raise refusal(self, missing, scope, besides=(action, besides))


def refusal(
    caller: Caller,
    action: str,
    scope: str,
    data: bool = False,
    *,
    besides: tuple[str, ...] = (),
    at: str = "",
) -> Forbidden:
    """`besides` is what the role that is named has to give as well; `at` is where the scope really
    is, where the words of the request do not say it."""
    client = f"The client `{caller.name}` with object id `{caller.id}`"
    asked = f"perform {'data action' if data else 'action'} `{action}`"
    if denial := caller.rights.denial(action, at or scope, data):
        return Forbidden(
            f"{client} has permission to {asked} on scope `{scope or '/'}`; however, the access is "
            f"denied because of the deny assignment with name `{denial.name}` and Id "
            f"`{denial.id}` at scope `{denial.scope}`.",
            code="DenyAssignmentAuthorizationFailed",
            target=action,
        ).of(refused(caller, action, at or scope))
    return Forbidden(
        f"{client} does not have authorization to {asked} over scope `{scope or '/'}`."
        f"{_advice(caller, action, at or scope, data, besides)}",
        target=action,
    ).of(refused(caller, action, at or scope))


def changes_directory(action: str) -> bool:
    return action.lower().startswith(_DIRECTORY) and not action.lower().endswith("/read")


def refused(caller: Caller, action: str, scope: str) -> Refused:
    return Refused(caller.id, caller.name, caller.kind, caller.job, action, scope or "/")


def activatable(
    caller: Caller, action: str, scope: str, data: bool = False, besides: tuple[str, ...] = ()
) -> str:
    """What they could do about it themselves, by a role that they may activate, which gives those
    `besides` as well; empty for none."""
    found = [
        each
        for each in sorted(helpful(caller.eligible, action, scope, data), key=_in_emergency)
        if all(gives(each.role, other.lower(), False) for other in besides)
    ]
    if not found:
        return ""
    each = found[0]
    if each.glass:
        said = f"access break-glass {each.place} --reason …"
        return f" In an emergency you may break the glass: `mlestate {said}`."
    said = f'access activate "{each.role.name}" {each.place} --reason …'
    return f" You may activate the role `{each.role.name}`, which has it: `mlestate {said}`."


def _advice(
    caller: Caller, action: str, scope: str, data: bool, besides: tuple[str, ...] = ()
) -> str:
    """Of the asker alone: nothing of who else may do it. A role is named where it would suffice,
    and nothing is said of a denial that it would not help against."""
    if caller.job and not _in_workspace(caller.job, scope):
        return " A job has rights in its own workspace alone."
    if caller.job and caller.rights.limited(action, data):
        return " No job may do this, whatever its submitter may."
    rights = caller.rights
    denied = rights.denied(action, scope, data) or any(rights.denied(x, scope) for x in besides)
    if not denied and (own := activatable(caller, action, scope, data, besides)):
        return own
    if caller.ends < math.inf and not _own(caller.rights, scope):
        return " A guest has rights in their own project alone."
    if caller.ends < math.inf and caller.rights.limited(action, data):
        return " No guest may do this, whatever role they hold."
    role = None if denied else smallest(action, data, besides)
    named = f" The role `{role.name}` has it." if role else ""
    return f"{named} `mlestate access why` says what you have there."


def _in_emergency(eligible: Eligibility) -> bool:
    return eligible.glass


def _in_workspace(job: str, scope: str) -> bool:
    workspace = job.rpartition("/jobs/")[0].lower()
    return workspace in ancestors(scope.rstrip("/").lower())


def _own(rights: Rights, scope: str) -> bool:
    """Whether something is held there, or beside it: a workspace's storage stands in its group."""
    key = scope.rstrip("/").lower()
    group = _GROUP.match(key)
    held = not set(ancestors(key)).isdisjoint(rights.places())
    return held or (group is not None and rights.reach(group[0]))
