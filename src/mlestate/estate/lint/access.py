"""Rules about who may do what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...core.access import gives
from ..layout.audiences import audiences, grants
from ..layout.layers import given, held
from ..reading.source import Path
from ..spec import Estate, Gives
from .finding import Hit
from .subject import Subject

# Whoever may do one of these lets others in, or makes and removes what everything stands on.
_PRIVILEGED = (
    "microsoft.authorization/roleassignments/write",
    "microsoft.resources/subscriptions/resourcegroups/write",
)
_RUN_JOBS = "microsoft.machinelearningservices/workspaces/jobs/write"
_WRITE_BLOBS = "microsoft.storage/storageaccounts/blobservices/containers/blobs/write"


def privileged_everywhere(subject: Subject) -> Iterator[Hit]:
    for role in subject.estate.members:
        there = _privileged(subject, subject.estate.roles.get(role, {}))
        if there:
            names = dict.fromkeys(name for each in there.values() for name in each)
            text = f"`{role}` is {_listed(list(names))} in the whole subscriptions of"
            yield Hit(("members", role), f"{text} {_listed(list(there))}")


def privileged_in_solutions(subject: Subject) -> Iterator[Hit]:
    """Of roles that people hold in projects, teams or divisions."""
    estate = subject.estate
    held = {role for one in audiences(estate) if one.solutions for role in subject.held(one)}
    for path, roles in _roles(subject):
        for role, gives_there in roles.items():
            for environment, names in _privileged(subject, gives_there).items():
                if role in held:
                    text = f"whoever holds `{role}` in `{environment}` is {_listed(names)} there"
                    yield Hit((*path, role, environment), text)


def live_data_writable(subject: Subject) -> Iterator[Hit]:
    """The same hands work where nothing is live and write what is."""
    estate, done = subject.estate, set()
    people = _held_by_people(subject)
    for audience, role, environment in grants(estate):
        key = (role, environment)
        if environment not in subject.live or key in done or role not in people:
            continue
        elsewhere = [each for each in estate.environments if each not in subject.live]
        works = next((e for e in elsewhere if given(estate, audience.ladder, role, e)), None)
        names = given(estate, audience.ladder, role, environment)
        writes = [name for name in names if _writes_blobs(subject, name)]
        if works and writes:
            done.add(key)
            yield Hit(
                ("roles", role, environment),
                f"`{role}` works in `{works}` and writes live data in `{environment}`, as"
                f" {_listed(writes)}",
            )


def same_in_live(subject: Subject) -> Iterator[Hit]:
    """People who may do as much in a live environment as where they try things out."""
    people = _held_by_people(subject)
    for path, roles in _roles(subject):
        for role, there in roles.items():
            others = {
                frozenset(names): environment
                for environment, names in there.items()
                if environment not in subject.live
            }
            for environment in (each for each in there if each in subject.live):
                like = others.get(frozenset(there[environment]))
                if like and role in people and _runs_jobs(subject, held(there[environment])):
                    text = f"`{role}` may do in `{environment}`, which is live, all it does in"
                    yield Hit((*path, role, environment), f"{text} `{like}`")


def one_person_group(subject: Subject) -> Iterator[Hit]:
    """Groups in it counted with who is in them; of an empty one a directory may know who is."""
    estate = subject.estate
    for group in estate.groups:
        inside = _inside(estate, group)
        if len(inside) == 1 and inside.isdisjoint(estate.groups):
            yield Hit(("groups", group), f"group `{group}` is `{min(inside)}` alone")


def _inside(estate: Estate, group: str) -> set[str]:
    """The people and programs in a group, and the groups in it of which none is known."""
    found = {name for name, one in estate.people.items() if group in one.groups}
    found |= {name for name, one in estate.service_principals.items() if group in one.groups}
    for name, inner in estate.groups.items():
        if group in inner.groups:
            found |= _inside(estate, name) or {name}
    return found


def _privileged(subject: Subject, roles: Mapping[str, Gives]) -> dict[str, tuple[str, ...]]:
    """By environment, those of a role's Azure roles that can let others in or make resources."""
    found = {
        environment: tuple(name for name in held(gives_there) if _is_privileged(subject, name))
        for environment, gives_there in roles.items()
    }
    return {environment: names for environment, names in found.items() if names}


def _is_privileged(subject: Subject, name: str) -> bool:
    role = subject.role(name)
    return role is not None and any(gives(role, action, False) for action in _PRIVILEGED)


def _runs_jobs(subject: Subject, names: tuple[str, ...]) -> bool:
    found = (subject.role(name) for name in names)
    return any(role is not None and gives(role, _RUN_JOBS, False) for role in found)


def _writes_blobs(subject: Subject, name: str) -> bool:
    role = subject.role(name)
    return role is not None and gives(role, _WRITE_BLOBS, True)


def _roles(subject: Subject) -> Iterator[tuple[Path, Mapping[str, Mapping[str, Gives]]]]:
    yield ("roles",), subject.estate.roles
    for rung in subject.levels():
        yield (*rung.path, "roles"), rung.level.roles


def _held_by_people(subject: Subject) -> set[str]:
    """The roles that anybody but programs holds."""
    return {
        role
        for one in audiences(subject.estate)
        for role, holders in subject.held(one).items()
        if holders - subject.estate.service_principals.keys()
    }


def _listed(names: tuple[str, ...] | list[str]) -> str:
    *first, last = (f"`{name}`" for name in names)
    return f"{', '.join(first)} and {last}" if first else last
