"""Actions that somebody has named: a slip is told from an action that is only rare."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache

from .. import data, roles
from ..rights import Role
from .abilities import abilities


def slip(action: str, of_types: Iterable[str], given: Iterable[Role]) -> str:
    """What to say of an action that no role, resource type or operation names; empty of any other.

    `of_types` are the actions of resource types, `given` the roles beside Azure's own.
    """
    known = _published() | {each.lower(): each for each in of_types}
    if action.lower() in known or action.lower() in _named(given):
        return ""
    near = difflib.get_close_matches(action.lower(), known, n=1, cutoff=0.8)
    hint = f"; did you mean `{known[near[0]]}`?" if near else ""
    return f"no role or resource type names `{action[:200]}`{hint}"


@cache
def _published() -> dict[str, str]:
    found = {each.lower(): each for each in data.operations()}
    found |= _named(roles.builtin().values())
    return found | {each.action.lower(): each.action for each in abilities()}


def _named(some: Iterable[Role]) -> dict[str, str]:
    """What roles name letter by letter."""
    return {
        action.lower(): action
        for role in some
        for each in role.permissions
        for action in (*each.actions, *each.not_actions, *each.data_actions, *each.not_data_actions)
        if "*" not in action
    }
