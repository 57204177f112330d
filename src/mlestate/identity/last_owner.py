"""Somebody must be left who can give rights: without one, nobody could ever let anyone in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..core.access import GIVES_RIGHTS, Grant, gives
from ..core.errors import Conflict
from ..core.principals import Kind, Principal
from ..store import guests, principals
from ..store.principals import Connection
from .guest_rules import GrantsOf

_KINDS: tuple[Kind, ...] = ("ServicePrincipal", "User")
_PAGE = 500


@contextmanager
def removing(connection: Connection, going: Principal, grants: GrantsOf) -> Iterator[None]:
    """Raises Conflict where nobody is left who may give rights in the whole estate, once `going` is
    deleted, disabled or bounded, or has lost some of its members."""
    could = _may(_ids(connection, going), grants)
    yield
    if could:
        hold(connection, going.name, grants)


def hold(connection: Connection, name: str, grants: GrantsOf) -> None:
    """Raises Conflict where nobody may give rights in the whole estate. `name` is who could."""
    bounded = guests.everyone(connection)
    left = (each for each in _everyone(connection) if each.enabled and each.id not in bounded)
    if any(_may(_ids(connection, each), grants) for each in left):
        return
    raise Conflict(
        f"`{name}` is the last who may give rights in the whole estate: give somebody else "
        "Owner at `/` first.",
        code="LastOwner",
    )


def gives_rights(grant: Grant) -> bool:
    """Whether it lets somebody in, anywhere."""
    return grant.scope in ("", "/") and gives(grant.role, GIVES_RIGHTS.lower(), False)


def _may(ids: frozenset[str], grants: GrantsOf) -> bool:
    return any(gives_rights(grant) for grant in grants(ids))


def _ids(connection: Connection, principal: Principal) -> frozenset[str]:
    return frozenset({principal.id, *principals.groups_of(connection, principal.id)})


def _everyone(connection: Connection) -> Iterator[Principal]:
    """Groups do nothing by themselves."""
    for kind in _KINDS:
        after = ""
        while page := principals.page(connection, kind, after, _PAGE):
            yield from page
            after = page[-1].name
