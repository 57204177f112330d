"""Who: people, groups, automation and guests, and the roles they may hold."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from .shape import Spec, names_some, says


class CustomRole(Spec, frozen=True, kw_only=True):
    """A role of the estate's own, beside Azure's built-in ones: given on the workspace, and on what
    belongs to it, wherever one of its actions has something to do."""

    description: Annotated[str, says("What it is for.")] = ""
    actions: Annotated[tuple[str, ...], says("What it allows, wildcards included.")] = ()
    not_actions: Annotated[tuple[str, ...], says("What it leaves out of `actions`.")] = ()
    data_actions: Annotated[tuple[str, ...], says("What it allows on data, such as blobs.")] = ()
    not_data_actions: Annotated[tuple[str, ...], says("What it leaves out of `dataActions`.")] = ()


class Person(Spec, frozen=True, kw_only=True):
    """Somebody, by an id."""

    name: Annotated[str, says("As shown to others.")]
    groups: Annotated[tuple[str, ...], says("Declared groups that the person is in.")] = ()


class Group(Spec, frozen=True, kw_only=True):
    """Some people, by an id; they name it in `groups`, and so may other groups."""

    name: Annotated[str, says("As shown to others.")]
    groups: Annotated[tuple[str, ...], says("Declared groups that it is in, as a whole.")] = ()


class ServicePrincipal(Spec, frozen=True, kw_only=True):
    """Automation, by an id."""

    name: Annotated[str, says("As shown to others.")]
    groups: Annotated[tuple[str, ...], says("Declared groups that it is in.")] = ()


# Role of the file -> who holds it: groups, people, service principals, by their ids.
Members = dict[str, tuple[str, ...]]


class Eligible(Spec, frozen=True, kw_only=True):
    """Azure roles that are not held, and may be activated for some hours, with a reason."""

    eligible: Annotated[tuple[str, ...], says("The Azure roles.")]
    hours: Annotated[int, says("For how long at a time; up to 24.")] = 8
    approvers: Annotated[
        tuple[str, ...],
        names_some(
            "Groups or people who must approve; left out, it is active at once.",
            "name somebody, or leave `approvers` out where it is to be active without an approval",
        ),
    ] = ()


class BreakGlass(Spec, frozen=True, kw_only=True):
    """Who may take a strong role at once in an emergency: announced, and reported."""

    who: Annotated[tuple[str, ...], says("Groups or people; `[]` is nobody.")]
    role: Annotated[str | None, says("The Azure role; Contributor unless said.")] = None
    hours: Annotated[int | None, says("For how long at a time; one hour unless said.")] = None


# What a role of the file is in an environment: Azure roles that are held, and such as may be
# activated; `none` gives nothing.
Gives = tuple[str | Eligible, ...]
# Role of the file -> environment -> what it gives there.
Roles = dict[str, dict[str, Gives]]


class Guest(Spec, frozen=True, kw_only=True):
    """Somebody from outside: one person, or a group where there are `people`."""

    name: Annotated[str, says("As shown to others.")]
    people: Annotated[dict[str, str], says("Who is in the group: ids, each with a name.")] = {}
    sponsor: Annotated[str, says("A declared person, who answers for them.")]
    until: Annotated[date, says("The last day, such as 2027-03-31; it ends at midnight UTC.")]
    role: Annotated[str, says("The role that they hold in the project.")]
    environments: Annotated[tuple[str, ...], says("The project's environments they may enter.")]
