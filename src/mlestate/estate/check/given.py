"""Assignments and denials at one scope: who, what and where must be there."""

from __future__ import annotations

from ...core import roles
from ..layout.scopes import WHOLE
from ..layout.solutions import solutions
from ..reading.source import Path, Source
from ..roles import role
from ..spec import Assignment, Denial, Estate
from .access import ACTION, known_holder
from .words import key


def check(estate: Estate, source: Source) -> None:
    for name, assignment in estate.assignments.items():
        path: Path = ("assignments", name)
        key(source, path, name, "the name of an assignment")
        _subscription(estate, source, (*path, "at"), assignment.at)
        _assignment(estate, source, path, assignment)
    for name, denial in estate.denials.items():
        path = ("denials", name)
        key(source, path, name, "the name of a denial")
        _subscription(estate, source, (*path, "at"), denial.at)
        _denial(estate, source, path, denial)


def check_places(estate: Estate, source: Source) -> None:
    """The solutions that `at` names, of a file whose divisions hold together."""
    environments = {one.id: one.environments for one in solutions(estate)}
    for part, said in (("assignments", estate.assignments), ("denials", estate.denials)):
        for name, one in said.items():
            _at(estate, source, (part, name, "at"), one.at, environments)


def _assignment(estate: Estate, source: Source, path: Path, said: Assignment) -> None:
    known = role(estate, said.role)
    if known is None:
        names = [*estate.custom_roles, *roles.names()]
        source.unknown((*path, "role"), "role", said.role, names)
    custom = estate.custom_roles.get(said.role)
    if said.at == WHOLE and custom is not None and custom.data_actions:
        text = f"custom role `{said.role}` has `dataActions`, which nobody is given on the whole "
        source.fault((*path, "role"), f"{text}estate: name subscriptions")
    for i, holder in enumerate(said.to):
        known_holder(estate, source, (*path, "to", i), holder)


def _denial(estate: Estate, source: Source, path: Path, said: Denial) -> None:
    if not (said.actions or said.data_actions):
        source.key_fault(path, f"denial `{path[-1]}` denies nothing: give it `actions`")
    lists = {
        "actions": said.actions,
        "notActions": said.not_actions,
        "dataActions": said.data_actions,
        "notDataActions": said.not_data_actions,
    }
    for name, actions in lists.items():
        for i, action in enumerate(actions):
            if not ACTION.fullmatch(action):
                example = "Microsoft.MachineLearningServices/workspaces/computes/write"
                text = f"`{action}` is not an action: write one like {example}"
                source.fault((*path, name, i), text)
    for name, holders in (("to", said.to), ("except", said.except_)):
        for i, holder in enumerate(holders):
            known_holder(estate, source, (*path, name, i), holder)


def _subscription(estate: Estate, source: Source, path: Path, at: str) -> None:
    if "/" not in at and at != WHOLE and at not in estate.azure.subscriptions:
        source.unknown(path, "subscription", at, [WHOLE, *estate.azure.subscriptions])


def _at(
    estate: Estate, source: Source, path: Path, at: str, environments: dict[str, tuple[str, ...]]
) -> None:
    solution, slash, environment = at.partition("/")
    if not slash:
        return
    if solution not in environments:
        source.unknown(path, "solution", solution, environments)
    elif environment not in environments[solution]:
        what = f"environment of `{solution}`"
        source.unknown(path, what, environment, environments[solution])
