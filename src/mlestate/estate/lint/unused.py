"""Rules about what is declared and serves nobody."""

from __future__ import annotations

from collections.abc import Iterator

from ..layout.audiences import audiences
from .finding import Hit
from .subject import Subject


def unused_person(subject: Subject) -> Iterator[Hit]:
    named = _named(subject)
    for name, person in subject.estate.people.items():
        if not person.groups and name not in named:
            text = f"`{name}` is in no group, holds no role and owns nothing"
            yield Hit(("people", name), text)


def unused_service_principal(subject: Subject) -> Iterator[Hit]:
    named = _named(subject)
    for name, bot in subject.estate.service_principals.items():
        if not bot.groups and name not in named:
            yield Hit(("servicePrincipals", name), f"`{name}` is in no group and holds no role")


def unused_group(subject: Subject) -> Iterator[Hit]:
    named = _named(subject)
    for name in subject.estate.groups:
        if name not in named and not subject.estate.groups[name].groups:
            yield Hit(("groups", name), f"group `{name}` holds no role and owns nothing")


def unused_role(subject: Subject) -> Iterator[Hit]:
    held = {role for one in audiences(subject.estate) for role in subject.held(one)}
    for name in subject.estate.roles:
        if name not in held:
            yield Hit(("roles", name), f"nobody holds role `{name}`")


def unused_custom_role(subject: Subject) -> Iterator[Hit]:
    given = set(_given(subject))
    for name in subject.estate.custom_roles:
        if name not in given:
            yield Hit(("customRoles", name), f"custom role `{name}` is given to nobody")


def unused_environment(subject: Subject) -> Iterator[Hit]:
    used = {each.environment for each in subject.workspaces}
    for name in subject.estate.environments:
        if name not in used:
            yield Hit(("environments", name), f"environment `{name}` has no workspace")


def unused_subscription(subject: Subject) -> Iterator[Hit]:
    used = {each.settings.subscription for each in subject.workspaces}
    for name in subject.estate.azure.subscriptions:
        if name not in used:
            yield Hit(("azure", "subscriptions", name), f"nothing is in subscription `{name}`")


def unused_region(subject: Subject) -> Iterator[Hit]:
    used = {each.region for each in subject.workspaces}
    for i, region in enumerate(subject.estate.regions.allowed):
        if region not in used:
            yield Hit(("regions", "allowed", i), f"nothing stands in `{region}`, which is allowed")


def _named(subject: Subject) -> set[str]:
    """Whoever holds a role, owns something, or answers for a guest."""
    holders = {
        holder
        for one in audiences(subject.estate)
        for members in one.members.values()
        for holder in members
    }
    holders |= {name for said in _time_boxed(subject) for name in said}
    owners = {str(rung.level.owner) for rung in subject.levels()}
    given = {one for each in subject.estate.assignments.values() for one in each.to}
    denied = {one for each in subject.estate.denials.values() for one in (*each.to, *each.except_)}
    above = {one for group in subject.estate.groups.values() for one in group.groups}
    sponsors = {guest.sponsor for one in audiences(subject.estate) for guest in one.guests.values()}
    return holders | owners | given | denied | above | sponsors


def _time_boxed(subject: Subject) -> Iterator[tuple[str, ...]]:
    """Who approves, and who may break the glass."""
    for roles in (subject.estate.roles, *(rung.level.roles for rung in subject.levels())):
        for environments in roles.values():
            for gives in environments.values():
                yield from (each.approvers for each in gives if not isinstance(each, str))
    for _, settings in subject.layers():
        if settings.break_glass:
            yield settings.break_glass.who


def _given(subject: Subject) -> Iterator[str]:
    levels = [subject.estate.roles, *(rung.level.roles for rung in subject.levels())]
    for roles in levels:
        for environments in roles.values():
            for gives in environments.values():
                for each in gives:
                    yield from (each,) if isinstance(each, str) else each.eligible
    for _, settings in subject.layers():
        if settings.break_glass and settings.break_glass.role:
            yield settings.break_glass.role
    yield from (each.role for each in subject.estate.assignments.values())
