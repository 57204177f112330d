"""What would be denied once denials were written and others deleted: as the engine holds it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ..denials import DENIAL, DENY_ASSIGNMENT, shown_as
from ..rights import EVERYONE, Denial, Permission
from .change import Change, deleted, gone, read, without_nulls, written
from .world import Against

_MARK = f"/providers/{DENIAL.lower()}/"


class _Named(msgspec.Struct, frozen=True):
    id: str


class _Said(msgspec.Struct, frozen=True, rename="camel"):
    permissions: tuple[Permission, ...]
    principals: tuple[_Named, ...] = ()
    exclude_principals: tuple[_Named, ...] = ()
    do_not_apply_to_child_scopes: bool = False


def denials_after(
    against: Iterable[Against], changes: Sequence[Change], writer: str
) -> list[Against]:
    """`writer` is who would write them, and whom they are not about for that. Raises Invalid."""
    removed = deleted(changes)
    removed |= {_shown(key, key.rfind(_MARK)).lower() for key in removed if _MARK in key}
    found = {each.denial.id.lower(): each for each in against}
    found = {key: each for key, each in found.items() if not gone(key, removed)}
    for change, scope in written(changes, DENIAL):
        each = _denial(change, scope, writer)
        found[each.denial.id.lower()] = each
    return list(found.values())


def _denial(change: Change, scope: str, writer: str) -> Against:
    said = read(without_nulls(change.properties), _Said, change, "denial")
    denial = Denial(
        _shown(change.id.rstrip("/"), len(scope)),
        change.id.rstrip("/").rpartition("/")[2],
        scope or "/",
        said.permissions,
        not said.do_not_apply_to_child_scopes,
    )
    return Against(
        denial,
        _ids(said.principals) or frozenset({EVERYONE}),
        _ids(said.exclude_principals) | {writer.lower()},
    )


def _shown(id: str, end: int) -> str:
    """The deny assignment beside a denial, whose scope ends there."""
    return f"{id[:end]}/providers/{DENY_ASSIGNMENT}/{shown_as(id.lower())}"


def _ids(some: Iterable[_Named]) -> frozenset[str]:
    return frozenset(each.id.lower() for each in some)
