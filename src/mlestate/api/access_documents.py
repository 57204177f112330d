"""Answers about access as documents: ids and names side by side, for programs and for people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..control.answering import Diff, Matrix, Who, Why
from ..core.answers.abilities import Ability
from ..core.answers.chances import Chance
from ..core.answers.difference import Difference
from ..core.answers.matrix import Cell
from ..core.answers.verdict import Bar, Question, Way
from ..core.answers.world import World
from ..core.guests import last_day
from ..core.principals import Principal
from ..core.rights import Role
from ..core.times import iso

Document = dict[str, Any]
_BARS: Mapping[Bar, str] = {
    "disabled": "the account is disabled",
    "denied": "a deny assignment takes it away, whatever else is given",
    "guest-over": "the stay of this guest is over",
    "guest-unsponsored": "this guest has no sponsor any more",
    "guest-scope": "a guest has rights in their own project alone",
    "guest-never": "no guest may do this, whatever role they hold",
}
_DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"


def ability(found: Ability) -> Document:
    return {
        "name": found.name,
        "says": found.says,
        "action": found.action,
        "isDataAction": found.data,
        "at": found.at,
        "also": found.also,
        "key": found.key,
    }


def why(found: Why) -> Document:
    verdict, world = found.verdict, found.world
    document = {
        "allowed": verdict.allowed,
        "principal": _person(found.principal, found.ends),
        **_asked(found.ability, found.question),
        "through": [_way(way, world) for way in verdict.through],
        "beside": [_way(way, world) for way in verdict.beside],
    }
    if verdict.bar:
        document["bar"] = {"code": verdict.bar, "message": _BARS[verdict.bar]}
    if verdict.denial:
        document["bar"] |= {"denyAssignment": verdict.denial.id, "name": verdict.denial.name}
    document |= {"slip": found.slip} if found.slip else {}
    if not verdict.allowed:
        document["missing"] = {
            "action": found.question.action,
            "scope": found.question.scope,
            "smallestRole": _role(verdict.role) if verdict.role else None,
        }
        document["eligible"] = [
            {
                "id": each.shown or each.id,
                "role": _role(each.role),
                "scope": each.place or each.scope or "/",
                "emergency": each.glass,
            }
            for each in verdict.eligible
        ]
    return document


def who(found: Who) -> Document:
    return {
        **_asked(found.ability, found.question),
        **({"slip": found.slip} if found.slip else {}),
        "value": [
            {
                **_person(each.principal, each.ends),
                "through": [_way(way, found.world) for way in each.through],
            }
            for each in found.holders
        ],
    }


def matrix(found: Matrix) -> Document:
    """`notTold`: of these abilities the caller is told their own alone."""
    ends = {each.id: _ends(each, found.world) for each in found.people}
    names = {each.id.lower(): each.name for each in found.people}
    return {
        "people": [
            {
                **_person(each, ends[each.id]),
                "isYou": each.id == found.own,
                "enabled": each.enabled,
            }
            for each in found.people
        ],
        "places": [
            {
                "workspace": place.id,
                "name": place.name,
                "project": place.project,
                "environment": place.environment,
                "location": place.location,
                "notTold": found.hidden.get(place.id, []),
            }
            for place in found.places
        ],
        "abilities": [each.name for each in found.abilities],
        "cells": [_cell(each, names, found.abilities) for each in found.cells],
    }


def diff(found: Diff) -> Document:
    return {"value": [_difference(each, found.world) for each in found.differences]}


def _asked(wanted: Ability, question: Question) -> Document:
    return {
        "ability": wanted.name,
        "says": wanted.says,
        "action": question.action,
        "isDataAction": question.data,
        "scope": question.scope,
    }


def _person(person: Principal, ends: float | None) -> Document:
    document: Document = {
        "id": person.id,
        "name": person.name,
        "displayName": person.display_name,
        "type": person.kind,
    }
    return document | ({"guestUntil": last_day(ends)} if ends is not None else {})


def _ends(person: Principal, world: World) -> float | None:
    id = person.id.lower()
    stay = world.stay({id, *world.above(id)}) if world.bounds else None
    return stay.ends if stay else None


def _way(way: Way, world: World) -> Document:
    given = way.assignment
    document: Document = {
        "assignment": given.id,
        "role": _role(given.role),
        "scope": given.scope or "/",
        "groups": [_name(id, world) for id in way.groups],
    }
    return document | ({"until": iso(given.ends)} if given.ends < math.inf else {})


def _role(role: Role) -> Document:
    return {"id": f"{_DEFINITIONS}/{role.id}", "name": role.name}


def _cell(cell: Cell, names: Mapping[str, str], order: Iterable[Ability]) -> Document:
    return {
        "principal": names[cell.principal],
        "workspace": cell.place.name,
        "project": cell.place.project,
        "environment": cell.place.environment,
        "abilities": [each.name for each in order if each.name in cell.abilities],
    }


def _difference(found: Difference, world: World) -> Document:
    person = world.principals[found.principal]
    return {
        "principal": person.name,
        "type": person.kind,
        "where": found.where,
        "gained": found.gained,
        "lost": found.lost,
        "gainedEligible": [_chance(each, world) for each in found.gained_chances],
        "lostEligible": [_chance(each, world) for each in found.lost_chances],
    }


def _chance(found: Chance, world: World) -> Document:
    return {
        "role": found.role,
        "hours": found.longest / 3600,
        "emergency": found.glass,
        "approval": found.approval,
        "approvers": [_name(id, world) for id in found.approvers],
    }


def _name(id: str, world: World) -> str:
    known = world.principals.get(id)
    return known.name if known else id
