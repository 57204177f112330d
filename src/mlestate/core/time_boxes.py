"""Roles that are held for some time: who may take one, who has taken one, and until when."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from .areas import ancestors, key_of, keys_of
from .rights import Grant, Role, gives


class Eligibility(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody may activate, and does not hold. Scopes, ids and principals in lower case.

    `place` is the scope as it is written, `shown` the id, `created` when it was said.
    `glass` is a role for emergencies, which is broken rather than activated.
    """

    id: str
    shown: str = ""
    principal: str
    role: Role
    scope: str
    place: str = ""
    begins: float = -math.inf
    ends: float = math.inf
    created: float = 0.0
    glass: bool = False

    def covers(self, scope: str) -> bool:
        return not set(keys_of(self.scope)).isdisjoint(ancestors(key_of(scope)))

    def there(self, now: float) -> bool:
        return self.begins <= now < self.ends


class Activation(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody holds from `begins` to the moment before `ends`. `rests_on` is the id of the
    eligibility without which it is nothing; empty where an administrator gave it. `shown` is the
    id as it is written, `created` when it was asked for."""

    id: str
    shown: str = ""
    principal: str
    role: Role
    scope: str
    place: str = ""
    begins: float
    ends: float
    created: float = 0.0
    rests_on: str = ""


class Boxed(msgspec.Struct, frozen=True):
    """What it comes to for somebody at a moment: what they hold, what they may activate, and when
    one of these begins or ends next."""

    grants: tuple[Grant, ...] = ()
    eligible: tuple[Eligibility, ...] = ()
    until: float = math.inf


NOTHING = Boxed()


def reckon(
    eligibilities: Iterable[Eligibility], activations: Iterable[Activation], now: float
) -> Boxed:
    """`eligibilities` are all those of somebody and of their groups, `activations` too: what was
    activated counts as long as what it rests on is among them."""
    known = {each.id: each for each in eligibilities}
    held = [within for each in activations if (within := bounded(each, known))]
    moments = [moment for each in known.values() for moment in (each.begins, each.ends)]
    moments += [moment for each in held for moment in (each.begins, each.ends)]
    return Boxed(
        tuple(Grant(each.scope, each.role) for each in held if each.begins <= now < each.ends),
        tuple(each for each in known.values() if each.there(now)),
        min((moment for moment in moments if moment > now), default=math.inf),
    )


def helpful(
    eligible: Iterable[Eligibility], action: str, scope: str, data: bool
) -> Iterator[Eligibility]:
    """Those that would give an action at a scope."""
    return (
        each for each in eligible if each.covers(scope) and gives(each.role, action.lower(), data)
    )


def bounded(activation: Activation, known: Mapping[str, Eligibility]) -> Activation | None:
    """Within what it rests on; None where that is gone, or is another role or place."""
    if not activation.rests_on:
        return activation
    under = known.get(activation.rests_on)
    if under is None or under.role.id != activation.role.id or not under.covers(activation.scope):
        return None
    return msgspec.structs.replace(
        activation,
        begins=max(activation.begins, under.begins),
        ends=min(activation.ends, under.ends),
    )
