"""Roles, custom roles, people and groups, and who holds which role."""

from __future__ import annotations

import re

from ...core import roles
from ..layout import subscription
from ..source import Path, Source
from ..spec import CustomRole, Estate, Members, gives

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
ACTION = re.compile(r"\*|\*/[A-Za-z*]+|[A-Za-z]+\.[A-Za-z.]+/[A-Za-z0-9*/._-]+")


def check(estate: Estate, source: Source) -> None:
    for name, role in estate.custom_roles.items():
        _custom_role(source, ("customRoles", name), name, role)
    for name in estate.roles:
        _role(estate, source, name)
    _principals(estate, source)
    _members(estate, source, ("members",), estate.members, tuple(estate.environments))
    _whole_subscriptions(estate, source)
    for name, division in estate.divisions.items():
        path: Path = ("divisions", name)
        where = division.environments
        _members(estate, source, (*path, "members"), division.members, where)
        for each, project in division.projects.items():
            here = (*path, "projects", each, "members")
            _members(estate, source, here, project.members, where)


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


def _role(estate: Estate, source: Source, name: str) -> None:
    if not NAME.fullmatch(name):
        source.key_fault(("roles", name), _wrong(name, "a role's id"))
    known = [*estate.custom_roles, *roles.names(), "none"]
    for environment, given in estate.roles[name].items():
        path: Path = ("roles", name, environment)
        if environment not in estate.environments:
            source.unknown_key(path, "environment", environment, estate.environments)
        if "none" in given and len(given) > 1:
            source.fault(path, "`none` stands beside other roles: keep one or the other")
        for i, each in enumerate(given):
            if each and each not in known and not roles.by_name(each):
                source.unknown((*path, i), "role", each, known)


def _principals(estate: Estate, source: Source) -> None:
    kinds: dict[str, str] = {}
    for key, names in {
        "people": list(estate.people),
        "groups": list(estate.groups),
        "servicePrincipals": list(estate.service_principals),
    }.items():
        for name in names:
            if not NAME.fullmatch(name):
                source.key_fault((key, name), _wrong(name, "an id"))
            if (other := kinds.setdefault(name, key)) != key:
                source.key_fault((key, name), f"`{name}` is in `{other}` too: ids are unique")
    for name, person in estate.people.items():
        _groups(estate, source, ("people", name, "groups"), person.groups)
    for name, bot in estate.service_principals.items():
        _groups(estate, source, ("servicePrincipals", name, "groups"), bot.groups)


def _groups(estate: Estate, source: Source, path: Path, groups: tuple[str, ...]) -> None:
    for i, group in enumerate(groups):
        if group and group not in estate.groups:
            source.unknown((*path, i), "group", group, estate.groups)


def _members(
    estate: Estate, source: Source, path: Path, members: Members, environments: tuple[str, ...]
) -> None:
    for role, holders in members.items():
        here = (*path, role)
        if role not in estate.roles:
            source.unknown_key(here, "role", role, estate.roles)
        elif not any(gives(estate, role, each) for each in environments):
            where = ", ".join(f"`{each}`" for each in environments)
            source.key_fault(here, f"role `{role}` gives nothing in {where}: give it in `roles`")
        for i, holder in enumerate(holders):
            if holder and holder not in estate.principals:
                what = "person, group or service principal"
                source.unknown((*here, i), what, holder, estate.principals)


def _whole_subscriptions(estate: Estate, source: Source) -> None:
    """Members of the estate hold a role in whole subscriptions: it must be the same in each."""
    known = estate.azure.subscriptions
    for role in estate.members:
        first: dict[str, str] = {}
        for environment, spec in estate.environments.items():
            if role not in estate.roles or spec.subscription not in known:
                continue
            other = first.setdefault(subscription(estate, environment), environment)
            if set(gives(estate, role, environment)) != set(gives(estate, role, other)):
                source.key_fault(
                    ("members", role),
                    f"role `{role}` differs between `{other}` and `{environment}`, which share"
                    f" subscription `{spec.subscription}`: make them equal, or name its members"
                    " in the divisions",
                )


def _wrong(name: str, what: str) -> str:
    return f"`{name}` cannot be {what}: write small letters, digits, `.`, `_` and `-`"
