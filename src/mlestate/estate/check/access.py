"""Roles, custom roles, people and groups, and who holds which role."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...core import roles
from ..layout.layers import NONE, Ladder, held, ladder, reads_live, within_reach, written
from ..layout.places import places
from ..layout.solutions import environments
from ..reading.source import Path, Source
from ..spec import CustomRole, Division, Eligible, Estate, Gives, Level, Members
from . import time_boxed
from .words import NAME, display_name, principal, wrong

ACTION = re.compile(r"\*(?:/[A-Za-z0-9*._-]+)*|[A-Za-z]+\.[A-Za-z.]+/[A-Za-z0-9*/._-]+")


def check(estate: Estate, source: Source) -> None:
    for name, role in estate.custom_roles.items():
        _custom_role(source, ("customRoles", name), name, role)
    for name, gives in estate.roles.items():
        if not NAME.fullmatch(name):
            source.key_fault(("roles", name), wrong(name, "a role's id"))
        _role(estate, source, ("roles", name), gives)
        for environment in gives:
            if environment not in estate.environments:
                path: Path = ("roles", name, environment)
                source.unknown_key(path, "environment", environment, estate.environments)
    _principals(estate, source)
    _members(estate, source, ("members",), estate.members, (), tuple(estate.environments))
    for name, division in estate.divisions.items():
        _division(estate, source, name, division)


def check_subscriptions(estate: Estate, source: Source) -> None:
    """Members of the estate hold a role in whole subscriptions: it must be the same in each."""
    shared: dict[str, dict[str, None]] = {}
    for place in places(estate):
        shared.setdefault(str(place.settings.subscription), {})[place.environment] = None
    for role in estate.members:
        for subscription, sharing in shared.items():
            first, *others = sharing
            for other in others:
                said = set(written(estate, (), role, first))
                if set(written(estate, (), role, other)) != said:
                    source.key_fault(
                        ("members", role),
                        f"role `{role}` differs between `{first}` and `{other}`, which share"
                        f" subscription `{subscription}`: make them equal, or name its members"
                        " in the divisions",
                    )


def _division(estate: Estate, source: Source, name: str, division: Division) -> None:
    path: Path = ("divisions", name)
    _level(estate, source, path, division, ladder(estate, name, None, None))
    for each, team in division.teams.items():
        _level(estate, source, (*path, "teams", each), team, ladder(estate, name, each, None))
    for each, project in division.projects.items():
        rungs = ladder(estate, name, project.team, each)
        _level(estate, source, (*path, "projects", each), project, rungs)


def _level(estate: Estate, source: Source, path: Path, level: Level, rungs: Ladder) -> None:
    where = environments(estate, rungs)
    _members(estate, source, (*path, "members"), level.members, rungs, where)
    for role, names in level.roles.items():
        here = (*path, "roles", role)
        if role not in estate.roles:
            source.unknown_key(here, "role", role, estate.roles)
        _role(estate, source, here, names)


def _custom_role(source: Source, path: Path, name: str, role: CustomRole) -> None:
    if roles.by_name(name):
        source.key_fault(path, f"`{name}` is a built-in role of Azure: choose another name")
    if not (role.actions or role.data_actions):
        source.key_fault(path, f"custom role `{name}` allows nothing: give it `actions`")
    lists = {
        "actions": role.actions,
        "notActions": role.not_actions,
        "dataActions": role.data_actions,
        "notDataActions": role.not_data_actions,
    }
    for key, actions in lists.items():
        for i, action in enumerate(actions):
            _action(source, (*path, key, i), action)


def _action(source: Source, path: Path, action: str) -> None:
    if action and not ACTION.fullmatch(action):
        example = "Microsoft.MachineLearningServices/workspaces/*/read"
        source.fault(path, f"`{action}` is not an action: write one like {example}")
    elif action.count("*") > 1:
        source.fault(path, f"`{action}` has two wildcards: Azure takes one in a custom role")


def _role(estate: Estate, source: Source, path: Path, given: Mapping[str, Gives]) -> None:
    for environment, gives in given.items():
        here = (*path, environment)
        if "none" in gives and len(gives) > 1:
            source.fault(here, "`none` stands beside other roles: keep one or the other")
        for i, each in enumerate(gives):
            if isinstance(each, Eligible):
                time_boxed.check_eligible(estate, source, (*here, i), each, held(gives))
            elif each != NONE:
                time_boxed.known(estate, source, (*here, i), each)


def _principals(estate: Estate, source: Source) -> None:
    kinds: dict[str, str] = {}
    for key, names in {
        "people": list(estate.people),
        "groups": list(estate.groups),
        "servicePrincipals": list(estate.service_principals),
    }.items():
        for name in names:
            principal(source, (key, name), name)
            if (other := kinds.setdefault(name, key)) != key:
                source.key_fault((key, name), f"`{name}` is in `{other}` too: ids are unique")
    for name, person in estate.people.items():
        display_name(source, ("people", name, "name"), person.name)
        _groups(estate, source, ("people", name, "groups"), person.groups)
    for name, bot in estate.service_principals.items():
        display_name(source, ("servicePrincipals", name, "name"), bot.name)
        _groups(estate, source, ("servicePrincipals", name, "groups"), bot.groups)
    for name, group in estate.groups.items():
        display_name(source, ("groups", name, "name"), group.name)
        _groups(estate, source, ("groups", name, "groups"), group.groups)
        if name in _above(estate, name):
            source.fault(("groups", name, "groups"), f"group `{name}` is in itself: break the ring")


def _above(estate: Estate, name: str) -> set[str]:
    """All groups that a group is in, groups in groups included."""
    found: set[str] = set()
    rest = list(estate.groups[name].groups)
    while rest:
        each = rest.pop()
        if each in estate.groups and each not in found:
            found.add(each)
            rest += estate.groups[each].groups
    return found


def _groups(estate: Estate, source: Source, path: Path, groups: tuple[str, ...]) -> None:
    for i, group in enumerate(groups):
        if group and group not in estate.groups:
            source.unknown((*path, i), "group", group, estate.groups)


def _members(
    estate: Estate,
    source: Source,
    path: Path,
    members: Members,
    rungs: Ladder,
    where: tuple[str, ...],
) -> None:
    for role, holders in members.items():
        here = (*path, role)
        if role not in estate.roles:
            source.unknown_key(here, "role", role, estate.roles)
        elif where and not any(
            within_reach(estate, rungs, role, each) or reads_live(estate, rungs, role, each)
            for each in where
        ):
            said = ", ".join(f"`{each}`" for each in where)
            source.key_fault(here, f"role `{role}` gives nothing in {said}: give it in `roles`")
        for i, holder in enumerate(holders):
            known_holder(estate, source, (*here, i), holder)


def known_holder(estate: Estate, source: Source, path: Path, holder: str) -> None:
    """Of somebody who is to hold something: declared, and of the house."""
    if not holder or holder in estate.principals:
        return
    if holder in estate.guests:
        text = f"`{holder}` is a guest, and holds the role that `guests` says and no other"
        source.fault(path, f"{text}: take them out")
        return
    what = "person, group or service principal"
    source.unknown(path, what, holder, estate.principals)
