"""How long somebody may be here, and where: what being a guest comes to, through groups as well."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import reduce

import msgspec

from ..core.errors import Unauthenticated
from ..core.guests import common
from ..store import guests, principals
from ..store.guests import Known
from ..store.principals import Connection


class Stay(msgspec.Struct, frozen=True):
    """The stay of a guest. `rests_on` is why they are one: themselves, or groups they are in."""

    rests_on: tuple[Known, ...]

    @property
    def ends(self) -> float:
        return min(each.guest.ends for each in self.rests_on)

    @property
    def scopes(self) -> tuple[str, ...]:
        return reduce(common, (each.guest.scopes for each in self.rests_on))

    def hold(self, now: float, code: str = "") -> None:
        """Raise Unauthenticated where the stay is over, or nobody answers for it any more."""
        for each in self.rests_on:
            guest = each.guest
            if now >= guest.ends:
                whom = f"`{guest.sponsor}`" if guest.sponsor else "an administrator of the estate"
                raise Unauthenticated(
                    f"The guest access of `{each.name}` ended on {guest.until}: ask {whom} for a "
                    "later date.",
                    code=code or "GuestAccessEnded",
                )
            if not each.sponsored:
                raise Unauthenticated(
                    f"The guest `{each.name}` has no sponsor any more, and no access until there "
                    "is one: ask an administrator of the estate.",
                    code=code or "GuestWithoutSponsor",
                )


def stay_of(connection: Connection, principal_id: str) -> Stay | None:
    """None for who is no guest."""
    return among(connection, {principal_id, *principals.groups_of(connection, principal_id)})


def among(connection: Connection, ids: Collection[str]) -> Stay | None:
    """The stay of somebody with these ids: their own, and those of all their groups."""
    found = guests.among(connection, ids)
    return Stay(tuple(found)) if found else None


def end_of(connection: Connection, principal_id: str, now: float, code: str) -> float:
    """When the principal's stay ends; never for who is no guest. Raises Unauthenticated where it
    is over already."""
    stay = stay_of(connection, principal_id)
    if stay is None:
        return math.inf
    stay.hold(now, code)
    return stay.ends
