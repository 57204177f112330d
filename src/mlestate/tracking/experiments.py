"""Experiments. Each workspace has one called `Default`, which clients also know as number 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..core.errors import Conflict, Invalid, NotFound
from ..core.search import parse_filter, parse_orders
from ..core.tracking import ACTIVE, DELETED, Experiment, Pair
from ..store.tracking import experiments as rows
from ..store.tracking.group import Group
from ..store.tracking.session import Session
from . import grammar, limits, pages

DEFAULT = "Default"
LIFECYCLES = {
    "ACTIVE_ONLY": (ACTIVE,),
    "DELETED_ONLY": (DELETED,),
    "ALL": (ACTIVE, DELETED),
}


def open_workspace(group: Group, workspace: str, now: int) -> None:
    """Make the default experiment if it is not there."""
    if rows.find_by_name(group.session, workspace, DEFAULT) is None:
        rows.create(group, workspace, DEFAULT, {}, now)


def create(group: Group, workspace: str, name: str | None, tags: Iterable[Pair], now: int) -> int:
    name = limits.title(name, "name")
    checked = limits.tags(tags, limits.EXPERIMENT_TAG_LENGTH)
    taken = rows.find_by_name(group.session, workspace, name)
    if taken is not None:
        raise Conflict(_taken(taken))
    return rows.create(group, workspace, name, checked, now)


def get(session: Session, workspace: str, id: str) -> Experiment:
    found = (
        rows.find(session, workspace, number(id)) if number(id) else _default(session, workspace)
    )
    if found is None:
        raise NotFound(f"No Experiment with id={id} exists")
    return found


def get_by_name(session: Session, workspace: str, name: str) -> Experiment:
    found = rows.find_by_name(session, workspace, name)
    if found is None:
        raise NotFound(f"Could not find experiment with name '{name}'")
    return found


def get_active(group: Group, workspace: str, id: str) -> Experiment:
    found = get(group.session, workspace, id)
    if found.lifecycle != ACTIVE:
        raise Invalid(f"The experiment {id} must be in the 'active' state. It is deleted.")
    return found


def search(
    session: Session,
    workspace: str,
    filter: str,
    orders: Sequence[str],
    view: str,
    limit: int,
    token: str | None,
) -> tuple[list[Experiment], str | None]:
    offset = pages.start(token)
    found = rows.search(
        session,
        workspace,
        lifecycles(view),
        parse_filter(filter, grammar.EXPERIMENTS),
        parse_orders(orders, grammar.EXPERIMENTS),
        limit + 1,
        offset,
    )
    return pages.cut(found, limit, offset)


def own(session: Session, workspace: str, ids: Sequence[str]) -> list[int]:
    """The numbers of those that are this workspace's; of others nothing is said."""
    wanted = [number(one) for one in ids]
    found = rows.among(session, workspace, [one for one in wanted if one])
    if 0 in wanted and (default := _default(session, workspace)) is not None:
        found.append(default.id)
    return found


def rename(group: Group, workspace: str, id: str, name: str | None, now: int) -> None:
    found = get_active(group, workspace, id)
    name = limits.title(name, "new_name")
    taken = rows.find_by_name(group.session, workspace, name)
    if taken is not None and taken.id != found.id:
        raise Conflict(_taken(taken))
    rows.rename(group, found.id, name, now)


def delete(group: Group, workspace: str, id: str, now: int) -> None:
    found = get_active(group, workspace, id)
    if found.name == DEFAULT:
        raise Invalid("The default experiment cannot be deleted.")
    rows.mark(group, found.id, DELETED, now)


def restore(group: Group, workspace: str, id: str, now: int) -> None:
    found = get(group.session, workspace, id)
    if found.lifecycle != DELETED:
        raise Invalid(f"The experiment {id} must be in the 'deleted' state. It is active.")
    rows.mark(group, found.id, ACTIVE, now)


def set_tag(group: Group, workspace: str, id: str, tag: Pair, now: int) -> None:
    found = get_active(group, workspace, id)
    for key, value in limits.tags([tag], limits.EXPERIMENT_TAG_LENGTH).items():
        rows.set_tag(group, found.id, key, value, now)


def delete_tag(group: Group, workspace: str, id: str, key: str) -> None:
    found = get_active(group, workspace, id)
    if not rows.delete_tag(group, found.id, key):
        raise NotFound(f"No tag with name: {key} in experiment with id {id}")


def lifecycles(view: str) -> tuple[str, ...]:
    try:
        return LIFECYCLES[view or "ACTIVE_ONLY"]
    except KeyError:
        known = ", ".join(LIFECYCLES)
        raise Invalid(f"`{view}` is no view type; these are: {known}") from None


def number(id: str) -> int:
    if not id.isascii() or not id.isdigit() or len(id) > 18:
        raise Invalid(f"Invalid experiment ID '{id[:100]}'. Experiment ID must be a valid integer.")
    return int(id)


def _default(session: Session, workspace: str) -> Experiment | None:
    return rows.find_by_name(session, workspace, DEFAULT)


def _taken(by: Experiment) -> str:
    if by.lifecycle == DELETED:
        return (
            f"Experiment '{by.name}' already exists in deleted state. You can restore the "
            "experiment, or permanently delete the experiment to create a new one."
        )
    return f"Experiment(name={by.name}) already exists."
