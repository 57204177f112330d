"""Rules about roles that are held for some time."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.access import gives
from ..layout.audiences import audiences
from ..layout.layers import eligible, within_reach
from ..reading.source import Path
from ..spec import Eligible, Roles
from .finding import Hit
from .live import PRODUCTION
from .subject import Subject

_LETS_IN = "microsoft.authorization/roleassignments/write"


def without_approval(subject: Subject) -> Iterator[Hit]:
    """Where it counts, somebody else should know before."""
    levels: list[tuple[Path, Roles]] = [(("roles",), subject.estate.roles)]
    levels += [((*rung.path, "roles"), rung.level.roles) for rung in subject.levels()]
    for path, roles in levels:
        for role, environments in roles.items():
            for environment, said in environments.items():
                counts = environment in subject.live or environment in PRODUCTION
                for i, each in enumerate(said):
                    if counts and isinstance(each, Eligible) and not each.approvers:
                        text = f"`{role}` activates {_listed(each)} in `{environment}` alone"
                        yield Hit((*path, role, environment, i), text)


def glass_lets_in(subject: Subject) -> Iterator[Hit]:
    for path, settings in subject.layers():
        said = settings.break_glass
        role = subject.role(said.role) if said and said.role else None
        if role is not None and gives(role, _LETS_IN, False):
            text = f"whoever breaks the glass becomes `{role.name}`, and can stay so"
            yield Hit((*path, "breakGlass", "role"), text)


def wider_eligibility(old: Subject, new: Subject) -> Iterator[Hit]:
    """More may be activated; for longer; or with less approval."""
    before = _activated(old)
    for key, (each, path) in _activated(new).items():
        audience, role, environment, name = key
        text = f"`{role}` of `{audience}` may activate `{name}` in `{environment}`"
        was = before.get(key)
        if was is None:
            if name not in _reach(old, key):
                yield Hit(path, text)
            continue
        if each.hours > was[0].hours:
            yield Hit(path, f"{text} for {each.hours} hours, not {was[0].hours}")
        if was[0].approvers and set(each.approvers) != set(was[0].approvers):
            who = ", ".join(f"`{one}`" for one in each.approvers)
            yield Hit(path, f"{text} {f'if {who} approves' if who else 'without approval'}")


def wider_glass(old: Subject, new: Subject) -> Iterator[Hit]:
    before = {path: said.break_glass for path, said in old.layers()}
    for path, settings in new.layers():
        said, was = settings.break_glass, before.get(path)
        if said is None:
            continue
        here: Path = (*path, "breakGlass")
        for i, who in enumerate(said.who):
            if was is None or who not in was.who:
                yield Hit((*here, "who", i), f"`{who}` comes to break the glass")
        if was is not None and said.role != was.role:
            yield Hit(here, f"whoever breaks the glass becomes `{said.role or 'Contributor'}`")
        if was is not None and (said.hours or 1) > (was.hours or 1):
            yield Hit(here, f"the glass stays broken for {said.hours} hours")


Key = tuple[str, str, str, str]


def _activated(subject: Subject) -> dict[Key, tuple[Eligible, Path]]:
    found: dict[Key, tuple[Eligible, Path]] = {}
    for audience in audiences(subject.estate):
        for role in audience.members:
            for environment in audience.environments:
                for each in eligible(subject.estate, audience.ladder, role, environment):
                    for name in each.eligible:
                        key = (audience.id, role, environment, name)
                        found[key] = (each, ("roles", role, environment))
    return found


def _reach(subject: Subject, key: Key) -> tuple[str, ...]:
    audience_id, role, environment, _ = key
    for audience in audiences(subject.estate):
        known = role in subject.estate.roles and environment in subject.estate.environments
        if audience.id == audience_id and known:
            return within_reach(subject.estate, audience.ladder, role, environment)
    return ()


def _listed(each: Eligible) -> str:
    return ", ".join(f"`{name}`" for name in each.eligible)
