"""Two owners are one too many: what a directory elsewhere owns, nobody changes here."""

from __future__ import annotations

from ..core.errors import Conflict
from ..core.principals import Principal
from ..core.provisioned import SOURCES, Provisioned
from ..store import guests, provisioned
from ..store.principals import Connection

CODE = "OwnedByDirectory"
# What a deletion changes.
EXISTENCE = "existence"


def hold(connection: Connection, principal: Principal, what: str) -> None:
    """Raises Conflict where the principal is SCIM's. `what` is what was to be changed. Whom the
    directory took away may be deleted here before their time: it is theirs no more."""
    owned = provisioned.of(connection, principal.id)
    if owned is not None and owned.deleted is not None and what == EXISTENCE:
        return
    if owned is not None and owned.source == "scim":
        raise refusal(principal, owned, what)


def hold_members(connection: Connection, group: Principal) -> None:
    """Raises Conflict where somebody elsewhere says who is in the group."""
    owned = provisioned.of(connection, group.id)
    if owned is not None:
        raise refusal(group, owned, "members")


def refusal(principal: Principal, owned: Provisioned, what: str) -> Conflict:
    if owned.deleted is not None:
        return Conflict(
            f"`{principal.name}` was taken away by {SOURCES[owned.source]} and is kept for a while "
            "in case it comes back there: delete it here first to have the name for another",
            code=CODE,
            target=what,
        )
    advice = "delete it there" if what == EXISTENCE else f"change its {what} there"
    return Conflict(
        f"`{principal.name}` is owned by {SOURCES[owned.source]}: {advice}",
        code=CODE,
        target=what,
    )


def may_take_over(connection: Connection, principal: Principal) -> bool:
    """Whether a directory may own from now on what is there: a name that a file has declared, or
    somebody whom nothing local proves to be it. A person with a password or secret, a guest, and
    a group with members have an owner already."""
    if guests.among(connection, {principal.id}):
        return False
    return provisioned.is_only_named(connection, principal)
