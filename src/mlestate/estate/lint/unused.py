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
    held = {role for one in audiences(subject.estate) for role in one.members}
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
    """Whoever holds a role or owns something."""
    holders = {
        holder
        for one in audiences(subject.estate)
        for members in one.members.values()
        for holder in members
    }
    owners = {str(rung.level.owner) for rung in subject.levels()}
    given = {one for each in subject.estate.assignments.values() for one in each.to}
    denied = {one for each in subject.estate.denials.values() for one in (*each.to, *each.except_)}
    above = {one for group in subject.estate.groups.values() for one in group.groups}
    return holders | owners | given | denied | above


def _given(subject: Subject) -> Iterator[str]:
    levels = [subject.estate.roles, *(rung.level.roles for rung in subject.levels())]
    for roles in levels:
        for environments in roles.values():
            for names in environments.values():
                yield from names
    yield from (each.role for each in subject.estate.assignments.values())
