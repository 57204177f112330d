"""Divisions, teams and projects, each with its pattern."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .people import Guest, Members, Roles
from .settings import Settings
from .shape import Spec, says


class Tune(Spec, frozen=True, kw_only=True):
    """A base model from one region, tuned in others on data that stays there."""

    base: Annotated[str, says("Where the base model is trained.")]
    in_: Annotated[tuple[str, ...], says("Where it is tuned, on data that stays there.")] = (
        msgspec.field(name="in")
    )


class RegionPattern(Spec, frozen=True, kw_only=True):
    """More regions than one, and what each is for."""

    train: Annotated[
        tuple[str, ...], says("A workspace in each, in every environment: jobs run beside data.")
    ] = ()
    serve: Annotated[
        tuple[str, ...], says("In the last environment, a workspace for endpoints in each.")
    ] = ()
    tune: Annotated[
        Tune | None, says("A base model from one region, tuned in others on their data.")
    ] = None


class Level(Spec, frozen=True, kw_only=True):
    """What divisions, teams and projects may say alike; the narrower one wins."""

    owner: Annotated[str | None, says("Who answers for it: a declared person or group.")] = None
    costcenter: Annotated[str | None, says("Who pays.")] = None
    environments: Annotated[tuple[str, ...], says("Its environments, in the estate's order.")] = ()
    region: Annotated[str | None, says("Its region; of several, the one of plain names.")] = None
    regions: Annotated[
        RegionPattern | None, says("Training, serving or tuning in several regions.")
    ] = None
    tags: Annotated[dict[str, str], says("Tags of all its resources.")] = {}
    members: Annotated[
        Members, says("Who holds which role: groups, people, service principals.")
    ] = {}
    roles: Annotated[
        Roles, says("What roles give here, where that differs: role, environment, Azure roles.")
    ] = {}
    overrides: Annotated[
        dict[str, Settings], says("By environment, what differs here from the environment.")
    ] = {}


class Project(Level, frozen=True, kw_only=True):
    """A funded solution."""

    team: Annotated[str | None, says("The team it belongs to.")] = None
    guests: Annotated[
        dict[str, Guest], says("People from outside, in this project and nowhere else.")
    ] = {}


class Team(Level, frozen=True, kw_only=True):
    """Some people of a division, who share projects or a workspace."""


class Division(Level, frozen=True, kw_only=True):
    """A part of the organisation, which picks its own pattern."""

    workspace_per: Annotated[
        Literal["project", "team", "division"], says("What gets workspaces of its own.")
    ]
    environments: Annotated[tuple[str, ...], says("Its environments, in the estate's order.")]
    costcenter: Annotated[str, says("Who pays.")]
    owner: Annotated[str, says("Who answers for it: a declared person or group.")]
    serve: Annotated[
        tuple[str, ...], says("Environments that only serve: nothing is trained there.")
    ] = ()
    teams: Annotated[dict[str, Team], says("Its teams, by id.")] = {}
    projects: Annotated[dict[str, Project], says("Its projects, by id.")] = {}
