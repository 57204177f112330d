"""Rules about a change: what the newer file opens that the older one did not."""

from __future__ import annotations

from collections.abc import Iterator

from ..layout.audiences import Audience, audiences
from ..layout.layers import given
from ..layout.solutions import solutions
from ..reading.source import Path
from ..spec import Members
from .finding import Hit
from .guests import guests
from .subject import Subject, place


def wider_roles(old: Subject, new: Subject) -> Iterator[Hit]:
    before = {key for key, _ in _gifts(old)}
    for key, path in _gifts(new):
        if key not in before:
            holder, role, environment, name = key
            text = f"`{role}` of `{holder}` becomes `{name}` in `{environment}`"
            yield Hit(path, text)


def wider_members(old: Subject, new: Subject) -> Iterator[Hit]:
    before = {key for key, _ in _held(old)}
    for key, path in _held(new):
        if key not in before:
            of, role, holder = key
            yield Hit(path, f"`{holder}` comes to hold `{role}` in `{of}`")


def wider_groups(old: Subject, new: Subject) -> Iterator[Hit]:
    before = {key for key, _ in _belonging(old)}
    for key, path in _belonging(new):
        if key not in before and key[1] in old.estate.groups:
            yield Hit(path, f"`{key[0]}` joins group `{key[1]}`")


def wider_regions(old: Subject, new: Subject) -> Iterator[Hit]:
    before = old.estate.regions.all
    for i, region in enumerate(new.estate.regions.all):
        if region not in before:
            yield Hit(("regions", "allowed", i), f"things may stand in `{region}` from now on")


def wider_environments(old: Subject, new: Subject) -> Iterator[Hit]:
    """Of solutions that are there already."""
    known = {each.solution.id for each in old.workspaces}
    before = {(each.solution.id, each.environment) for each in old.workspaces}
    for each in new.workspaces:
        key = (each.solution.id, each.environment)
        if key not in before and each.solution.id in known:
            before.add(key)
            path = (*each.solution.path, "environments")
            yield Hit(path, f"`{key[0]}` comes to stand in `{key[1]}`")


def wider_sharing(old: Subject, new: Subject) -> Iterator[Hit]:
    """Projects or teams that had workspaces of their own come to have the same ones."""
    before = _homes(old)
    together: dict[tuple[str, str], dict[str, str]] = {}
    for inhabitant, home in _homes(new).items():
        if was := before.get(inhabitant):
            together.setdefault(home, {}).setdefault(was[1], inhabitant[2])
    for (division, _), homes in together.items():
        if len(homes) > 1:
            named = " and ".join(f"`{name}`" for name in homes.values())
            text = f"{named} come to share workspaces: who works in one sees the other"
            yield Hit(("divisions", division, "workspacePer"), text)


def wider_actions(old: Subject, new: Subject) -> Iterator[Hit]:
    for name, role in new.estate.custom_roles.items():
        path: Path = ("customRoles", name)
        was = old.estate.custom_roles.get(name)
        if was is None:
            continue
        added = [("actions", i, a) for i, a in enumerate(role.actions) if a not in was.actions]
        added += [
            ("dataActions", i, a)
            for i, a in enumerate(role.data_actions)
            if a not in was.data_actions
        ]
        for key, i, action in added:
            yield Hit((*path, key, i), f"custom role `{name}` comes to allow `{action}`")
        kept = (*role.not_actions, *role.not_data_actions)
        for action in (*was.not_actions, *was.not_data_actions):
            if action not in kept:
                yield Hit(path, f"custom role `{name}` no longer excepts `{action}`")


def wider_guests(old: Subject, new: Subject) -> Iterator[Hit]:
    before = {path: guest for path, _, guest in guests(old)}
    for path, name, guest in guests(new):
        was = before.get(path)
        if was is None:
            text = f"`{name}` comes from outside until {guest.until}, as `{guest.role}`"
            yield Hit(path, text)
            continue
        if guest.until > was.until:
            yield Hit((*path, "until"), f"`{name}` stays until {guest.until}, not {was.until}")
        if guest.role != was.role:
            yield Hit((*path, "role"), f"`{name}` becomes `{guest.role}`")
        for i, environment in enumerate(guest.environments):
            if environment not in was.environments:
                yield Hit((*path, "environments", i), f"`{name}` comes to enter `{environment}`")
        for person in guest.people:
            if person not in was.people:
                yield Hit((*path, "people", person), f"`{person}` comes with `{name}`")


def wider_deletion(old: Subject, new: Subject) -> Iterator[Hit]:
    before = {place(one): set(one.settings.lock or ()) for one in old.workspaces}
    told: set[tuple[str, str]] = set()
    for one in new.workspaces:
        gone = before.get(place(one), set()) - set(one.settings.lock or ())
        for word in sorted(gone):
            if (one.environment, word) not in told:
                told.add((one.environment, word))
                path: Path = ("environments", one.environment, "lock")
                yield Hit(path, f"`{word}` of `{one.environment}` is locked no more")


def wider_storage(old: Subject, new: Subject) -> Iterator[Hit]:
    before = {(place(one), name): store.account for one, name, store in old.datastores()}
    known = {place(one) for one in old.workspaces}
    for workspace, name, store in new.datastores():
        here = place(workspace)
        if here in known and before.get((here, name), "") != store.account:
            path = new.said(workspace, "datastores", name)
            yield Hit(path, f"`{here}` comes to read `{store.account or name}` as `{name}`")


def wider_writing(old: Subject, new: Subject) -> Iterator[Hit]:
    before = {
        (place(one), name) for one, name, store in old.datastores() if store.access == "write"
    }
    for workspace, name, store in new.datastores():
        if store.access == "write" and (place(workspace), name) not in before:
            path = new.said(workspace, "datastores", name, "access")
            yield Hit(path, f"`{place(workspace)}` comes to write to datastore `{name}`")


def wider_live(old: Subject, new: Subject) -> Iterator[Hit]:
    """What was live is not, or more roles may read it."""
    before = {place(one): one.settings.live or () for one in old.workspaces}
    told: set[tuple[str, str]] = set()
    for one in new.workspaces:
        was, now = before.get(place(one), ()), one.settings.live or ()
        path: Path = ("environments", one.environment, "live")
        if was and not now and (one.environment, "") not in told:
            told.add((one.environment, ""))
            yield Hit(path, f"`{one.environment}` is no longer live: its storage opens for writing")
        for role in now:
            if was and role not in was and (one.environment, role) not in told:
                told.add((one.environment, role))
                yield Hit(path, f"`{role}` comes to read live data in `{one.environment}`")


def wider_keys(old: Subject, new: Subject) -> Iterator[Hit]:
    before = {place(one): one.settings.storage_auth for one in old.workspaces}
    told: set[str] = set()
    for one in new.workspaces:
        opened = before.get(place(one)) == "identity" and one.settings.storage_auth != "identity"
        if opened and one.environment not in told:
            told.add(one.environment)
            path: Path = ("environments", one.environment, "storageAuth")
            yield Hit(path, f"account keys come to open the storage of `{one.environment}`")


def _homes(subject: Subject) -> dict[tuple[str, str, str], tuple[str, str]]:
    """Every project and team that lives in a workspace: the division and id of its solution."""
    found: dict[tuple[str, str, str], tuple[str, str]] = {}
    for solution in solutions(subject.estate):
        division, home = solution.division, (solution.division, solution.id)
        found |= {("project", division, each): home for each in solution.projects}
        teams = subject.estate.divisions[division].teams
        per = subject.estate.divisions[division].workspace_per
        inside = {"division": [*teams], "team": [solution.id]}.get(per, [])
        found |= {("team", division, each): home for each in inside}
    return found


Gift = tuple[str, str, str, str]


def _gifts(subject: Subject) -> Iterator[tuple[Gift, Path]]:
    """Who holds which role of the file, what it is there, and where the file says so."""
    for audience in audiences(subject.estate):
        for role in audience.members:
            for environment in audience.environments:
                for name in given(subject.estate, audience.ladder, role, environment):
                    path = _source_of(subject, audience, role, environment)
                    yield (audience.id, role, environment, name), path


def _source_of(subject: Subject, audience: Audience, role: str, environment: str) -> Path:
    for rung in reversed(audience.ladder):
        if environment in rung.level.roles.get(role, {}):
            return (*rung.path, "roles", role, environment)
    return ("roles", role, environment)


def _held(subject: Subject) -> Iterator[tuple[tuple[str, str, str], Path]]:
    yield from _members(subject.estate.id, subject.estate.members, ())
    for rung in subject.levels():
        yield from _members(rung.id, rung.level.members, rung.path)


def _members(of: str, members: Members, path: Path) -> Iterator[tuple[tuple[str, str, str], Path]]:
    for role, holders in members.items():
        for i, holder in enumerate(holders):
            yield (of, role, holder), (*path, "members", role, i)


def _belonging(subject: Subject) -> Iterator[tuple[tuple[str, str], Path]]:
    estate = subject.estate
    for key, declared in (
        ("people", estate.people),
        ("servicePrincipals", estate.service_principals),
    ):
        for name, one in declared.items():
            for i, group in enumerate(one.groups):
                yield (name, group), (key, name, "groups", i)
