"""What people want to do, in their own words, each with the action that it takes and where.

Source: `data/abilities.json`.
"""

from __future__ import annotations

import difflib
import re
from functools import cache
from typing import Literal

import msgspec

from .. import roles
from ..data import text
from ..errors import Invalid
from ..rights import matches

# Of a workspace: itself, what it is in, what stands beside it.
At = Literal[
    "workspace", "group", "subscription", "estate", "storage", "vault", "registry", "insights"
]
_ACTION = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)+")
_LONGEST = 300


class Ability(msgspec.Struct, frozen=True):
    """`says` goes after a name: "ana" "submits a job". `key`: one of those shown at first. `raw`:
    an action, in Azure's words; one that `extends` can be asked of any resource."""

    name: str
    says: str
    action: str
    at: At | None = None
    data: bool = False
    also: tuple[str, ...] = ()
    key: bool = False
    raw: bool = False
    extends: bool = False


class _Type(msgspec.Struct, frozen=True):
    """Where resources of a provider, or of a type, are found."""

    of: str
    at: At
    extends: bool = False


class _Table(msgspec.Struct, frozen=True):
    abilities: tuple[Ability, ...]
    types: tuple[_Type, ...]


@cache
def abilities() -> tuple[Ability, ...]:
    return _table().abilities


def ability(word: str, data: bool | None = None) -> Ability:
    """What a word means, or an ARM action. `data` says whether the latter is a data action; unsaid,
    Azure's own roles tell. Raises Invalid."""
    known = _known().get(word.strip().casefold().replace(" ", "-").replace("_", "-"))
    if known is not None:
        return known
    if _ACTION.fullmatch(word) and len(word) <= _LONGEST:
        return _raw(word, is_data(word) if data is None else data)
    near = difflib.get_close_matches(word.casefold(), _known(), n=1)
    hint = f"did you mean `{near[0]}`?" if near else "write an ability such as `train`:"
    raise Invalid(
        f"`{word[:80]}` is no ability; {hint} `mlestate access abilities` lists them, and any ARM "
        "action is one too",
        target="action",
    )


def is_data(action: str) -> bool:
    """Whether Azure's own roles give it as a data action, and none names it as an action."""
    wanted = action.lower()
    permissions = [p for role in roles.builtin().values() for p in role.permissions]
    if any(wanted == each.lower() for p in permissions for each in p.actions):
        return False
    return any(
        each != "*" and matches((each,), wanted) for p in permissions for each in p.data_actions
    )


@cache
def _table() -> _Table:
    return msgspec.json.decode(text("abilities.json"), type=_Table)


def _raw(action: str, data: bool) -> Ability:
    """It is asked where the ability with that action is, the nearest if there are two; else where
    its type is found."""
    key = action.lower()
    named = [each for each in abilities() if each.action.lower() == key]
    types = [each for each in _table().types if key.startswith(f"{each.of.lower()}/")]
    type = max(types, key=lambda each: len(each.of), default=None)
    at = type.at if type else None
    if named and at not in [each.at for each in named]:
        at = named[0].at
    extends = type is not None and type.extends
    return Ability(action, f"does `{action}`", action, at, data, raw=True, extends=extends)


@cache
def _known() -> dict[str, Ability]:
    return {word: each for each in abilities() for word in (*each.also, each.name)}
