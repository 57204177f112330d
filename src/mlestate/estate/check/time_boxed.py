"""What is held for some time: roles to be activated, and roles for emergencies."""

from __future__ import annotations

from ...core import roles
from ..layout.audiences import grants
from ..layout.layers import eligible
from ..reading.source import Path, Source
from ..spec import BreakGlass, Eligible, Estate

LONGEST = 24


def check_eligible(
    estate: Estate, source: Source, path: Path, said: Eligible, held: tuple[str, ...]
) -> None:
    """`held` is what the same role has there anyway."""
    if not said.eligible:
        source.fault((*path, "eligible"), "names no role to be eligible for: name one")
    for i, name in enumerate(said.eligible):
        known(estate, source, (*path, "eligible", i), name)
        if name in held:
            source.fault((*path, "eligible", i), f"`{name}` is held anyway: keep one of the two")
    _hours(source, (*path, "hours"), said.hours)
    for i, name in enumerate(said.approvers):
        _person(estate, source, (*path, "approvers", i), name)


def check_glass(estate: Estate, source: Source, path: Path, said: BreakGlass) -> None:
    for i, name in enumerate(said.who):
        _person(estate, source, (*path, "who", i), name)
    if said.role is not None:
        known(estate, source, (*path, "role"), said.role)
    if said.hours is not None:
        _hours(source, (*path, "hours"), said.hours)


def check_terms(estate: Estate, source: Source) -> None:
    """An Azure role has one policy at a place: it is activated there on the same terms by all."""
    first: dict[tuple[str, str, str], tuple[str, Eligible]] = {}
    for audience, role, environment in grants(estate):
        places = audience.solutions
        for solution in [None] if places is None else places:
            rungs = () if solution is None else audience.within(solution)
            for each in eligible(estate, rungs, role, environment):
                for name in each.eligible:
                    key = (solution.id if solution else "", environment, name.casefold())
                    other, terms = first.setdefault(key, (role, each))
                    if (terms.hours, set(terms.approvers)) != (each.hours, set(each.approvers)):
                        source.key_fault(
                            ("roles", role),
                            f"`{role}` may activate `{name}` in `{environment}` on other terms "
                            f"than `{other}`: give both the same `hours` and `approvers`",
                        )


def known(estate: Estate, source: Source, path: Path, name: str) -> None:
    """The name is that of an Azure role."""
    if name and name not in estate.custom_roles and not roles.by_name(name):
        source.unknown(path, "role", name, [*estate.custom_roles, *roles.names(), "none"])


def _hours(source: Source, path: Path, hours: int) -> None:
    if not 1 <= hours <= LONGEST:
        source.fault(path, f"`{hours}` is not from 1 to {LONGEST} hours")


def _person(estate: Estate, source: Source, path: Path, name: str) -> None:
    others = {*estate.people, *estate.groups}
    if not name or name in others:
        return
    if name in estate.guests:
        source.fault(path, f"`{name}` is a guest: name somebody of the house")
    elif name in estate.service_principals:
        source.fault(path, f"`{name}` is a program: name a group or a person")
    else:
        source.unknown(path, "group or person", name, sorted(others))
