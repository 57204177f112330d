"""Rules about the roles that the file makes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ...catalog import CATALOG
from ...core import data
from ...core.access import Permission, Role, gives
from ..reading.source import Path, near
from .finding import Hit
from .subject import Subject

_GRANTS = (
    "microsoft.authorization/roleassignments/write",
    "microsoft.authorization/roledefinitions/write",
)
_ML = "microsoft.machinelearningservices/"
_KEYS = "microsoft.storage/storageaccounts/listkeys/action"


def wildcard_action(subject: Subject) -> Iterator[Hit]:
    for path, role, action in _actions(subject):
        if _is_wild(action):
            yield Hit(path, f"`{action}` gives `{role}` every provider of Azure")


def wildcard_provider(subject: Subject) -> Iterator[Hit]:
    for path, role, action in _actions(subject):
        provider, _, rest = action.partition("/")
        if rest == "*" and provider != "*":
            yield Hit(path, f"`{action}` gives `{role}` all of {provider}")


def role_gives_roles(subject: Subject) -> Iterator[Hit]:
    for path, role, action in _actions(subject):
        if not _is_wild(action) and any(_covers(action, one) for one in _GRANTS):
            yield Hit(path, f"`{action}` lets `{role}` give itself any right")


def unknown_action(subject: Subject) -> Iterator[Hit]:
    """Of Azure ML's own, which are published."""
    known = _operations()
    for path, role, action in _actions(subject):
        ours = action.lower().startswith(_ML) and path[2] == "actions"
        if ours and not any(_covers(action, one) for one in known):
            meant = near(action.removesuffix("/*"), {one.rpartition("/")[0] for one in known})
            hint = f"; did you mean `{meant}/…`?" if meant else ""
            yield Hit(path, f"`{action}` of `{role}` is no operation of Azure ML{hint}")


@cache
def _operations() -> frozenset[str]:
    own = (kind.permission(verb) for kind in CATALOG for verb in ("read", "write", "delete"))
    return frozenset(one.lower() for one in (*data.operations(), *own))


def hands_out_keys(subject: Subject) -> Iterator[Hit]:
    for path, role, action in _actions(subject):
        if action.split("/")[0] != "*" and not action.endswith("/*") and _covers(action, _KEYS):
            yield Hit(path, f"`{action}` hands `{role}` the keys of storage, which open all of it")


def _actions(subject: Subject) -> Iterator[tuple[Path, str, str]]:
    for name, role in subject.estate.custom_roles.items():
        for key, actions in (("actions", role.actions), ("dataActions", role.data_actions)):
            for i, action in enumerate(actions):
                yield ("customRoles", name, key, i), name, action


def _is_wild(action: str) -> bool:
    """Every provider, for more than to read."""
    return action.split("/")[0] == "*" and action.lower() != "*/read"


def _covers(pattern: str, action: str) -> bool:
    return gives(Role("", "", (Permission((pattern,)),)), action, False)
