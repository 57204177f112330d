"""What must hold between guests, their sponsors, their groups and what is given to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from ..core import ids
from ..core.access import Grant
from ..core.errors import Conflict, Invalid, PlatformError
from ..core.guests import Guest, covers, today
from ..core.principals import Principal
from ..store import guests, principals
from ..store.principals import Connection
from .stays import Stay, stay_of

OUT_OF_SCOPE = "GuestOutOfScope"
_CODE = "GuestNotAllowed"
GrantsOf = Callable[[frozenset[str]], list[Grant]]
# Whether a resource is there, by its id.
IsThere = Callable[[str], bool]


def checked(
    connection: Connection, principal: Principal, guest: Guest, now: float, is_there: IsThere
) -> tuple[Guest, Principal]:
    """The guest as it is kept, and its sponsor. Raises Invalid. A scope that they had before may
    be gone meanwhile."""
    if now >= guest.ends:
        raise Invalid(
            f"`{guest.until}` is over already: choose a last day from {today(now)} on",
            target="guest.until",
        )
    scopes = tuple(_scope(scope, i) for i, scope in enumerate(guest.scopes))
    if not scopes:
        raise Invalid("a guest needs at least one scope", target="guest.scopes")
    before = [known.guest.scopes for known in guests.among(connection, {principal.id})]
    kept = {scope.lower() for scopes in before for scope in scopes}
    for i, scope in enumerate(scopes):
        if scope.lower() not in kept and not is_there(scope):
            raise Invalid(
                f"there is no `{scope[:200]}`: make it first, or name one that is there",
                target=f"guest.scopes[{i}]",
            )
    sponsor = _sponsor(connection, principal, guest.sponsor or "")
    return Guest(sponsor.name, guest.until, scopes), sponsor


def _scope(scope: str, index: int) -> str:
    try:
        id = ids.parse(scope.rstrip("/"))
    except PlatformError:
        id = None
    if id is None or not id.group:
        raise Invalid(
            f"`{scope[:200]}` cannot be the scope of a guest: name a resource group, or what is "
            "in one",
            target=f"guest.scopes[{index}]",
        )
    return str(id)


def _sponsor(connection: Connection, principal: Principal, name: str) -> Principal:
    found = principals.by_name(connection, name)
    if found is None or found.kind != "User" or not found.enabled:
        raise Invalid(
            f"`{name}` cannot be a sponsor: name a user of the directory who is enabled",
            target="guest.sponsor",
        )
    if found.id == principal.id or stay_of(connection, found.id):
        raise Invalid(
            f"`{name}` is a guest, and so cannot be a sponsor: name somebody of the house",
            target="guest.sponsor",
        )
    return found


def guests_in(connection: Connection, ids: Iterable[str]) -> dict[str, Stay]:
    """Who is a guest of these principals and, where one is a group, of all in it; by id."""
    all_guests, wanted = guests.everyone(connection), set(ids)
    if len(wanted) > len(all_guests):
        # From the few upwards: many may come into a group at once.
        inside = frozenset(
            id for id in all_guests if id in wanted or wanted & principals.groups_of(connection, id)
        )
    else:
        below = (each for id in wanted for each in (id, *principals.below(connection, id)))
        inside = all_guests & set(below)
    stays = {one: stay_of(connection, one) for one in inside}
    return {one: stay for one, stay in stays.items() if stay is not None}


def hold_group(
    connection: Connection, group: Principal, before: Mapping[str, Stay], grants: GrantsOf
) -> None:
    """After a change of a group: nobody in it is a guest and has more than a guest may have.

    `before` are those who were guests before it, and of what. Raises Conflict.
    """
    stays = guests_in(connection, [group.id])
    if not stays:
        return
    above = frozenset({group.id, *principals.groups_of(connection, group.id)})
    through = [grant.scope for grant in grants(above)]
    sponsors = guests.sponsors(connection)
    for id, stay in stays.items():
        person = principals.by_id(connection, id)
        assert person is not None
        hold_no_sponsor(person, sponsors)
        _hold_one_project(person, stay)
        # Who becomes a guest by this, or of less, must have nothing that they would lose unawares.
        same = id in before and before[id].scopes == stay.scopes
        own = [] if same else grants(principals.groups_of(connection, id) | {id})
        for scope in [*through, *(grant.scope for grant in own)]:
            if not covers(stay.scopes, scope):
                raise Conflict(
                    f"`{person.name}` cannot be in the group `{group.name}`: as a guest they may "
                    f"hold roles in {_named(stay)} alone, and there is one at `{scope or '/'}`",
                    code=OUT_OF_SCOPE,
                    target="members",
                )


def hold_no_sponsor(person: Principal, sponsors: Collection[str]) -> None:
    """Who becomes a guest may answer for none."""
    if person.id in sponsors:
        raise Conflict(
            f"`{person.name}` sponsors a guest and so cannot become one: name another sponsor",
            code=_CODE,
        )


def _hold_one_project(person: Principal, stay: Stay) -> None:
    if not stay.scopes:
        where = " and of ".join(f"`{each.name}`" for each in stay.rests_on)
        raise Conflict(
            f"`{person.name}` would be a guest in more than one project, those of {where}: a "
            "guest is in one",
            code=_CODE,
        )


def hold_grant(connection: Connection, principal: Principal, scope: str) -> None:
    """Before a role is given: no guest gets one outside their scopes. Raises Conflict."""
    held = guests_in(connection, [principal.id])
    for id, stay in sorted(held.items(), key=lambda each: each[0] != principal.id):
        if covers(stay.scopes, scope):
            continue
        if id == principal.id:
            said = f"`{principal.name}` is a guest and may hold roles in {_named(stay)} alone"
            advice = "assign the role there, or change the guest's `scopes`"
        else:
            person = principals.by_id(connection, id)
            name = person.name if person else id
            said = f"the guest `{name}` is in `{principal.name}`, and may hold roles in "
            said += f"{_named(stay)} alone"
            advice = "take them out of the group, or assign the role to another group"
        raise Conflict(f"{said}: {advice}", code=OUT_OF_SCOPE, target="$.properties.principalId")


def _named(stay: Stay) -> str:
    return ", ".join(f"`{scope}`" for scope in stay.scopes)
