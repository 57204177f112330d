"""Names that Azure would refuse, or that two things would share, are refused here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from ...core import naming
from ..layout.audiences import Audience, grants, group_hash, group_name, group_parts
from ..layout.places import PATTERNS, Workspace, naming_of, place_hash
from ..layout.places import pattern as pattern_of
from ..reading.source import Path, Source
from ..spec import Estate

_KEYS = ("resourceGroup", "workspace", "resource", "global", "group")


def check_patterns(estate: Estate, source: Source) -> None:
    for key in _KEYS:
        known = naming.PLACEHOLDERS - (set() if key == "group" else {"role"})
        for name in naming.placeholders(pattern_of(estate.naming, key)):
            if name not in known:
                source.unknown(("naming", key), "placeholder", name, sorted(known))


class _Named(msgspec.Struct, frozen=True):
    """Something whose name is made by a pattern. `hash5` is of its parts, whatever they are."""

    path: Path
    where: str
    kind: str
    key: str
    pattern: str
    parts: dict[str, str]
    hash5: Callable[[Mapping[str, str]], str]

    def name(self, shorter: Mapping[str, str]) -> str:
        parts = naming.shortened(self.parts, shorter)
        parts["hash5"] = self.hash5(parts)
        return naming.fill(naming.kind(self.kind), self.pattern, parts)

    def fault(self, shorter: Mapping[str, str]) -> str | None:
        return naming.kind(self.kind).fault(self.name(shorter))


def check(estate: Estate, workspaces: list[Workspace], source: Source) -> None:
    taken: dict[tuple[str, str], str] = {}
    # What is too long in one environment mostly is in the next: said once for each kind, of the
    # longest, so that what mends it mends the others.
    wrong: dict[Path, dict[str, _Named]] = {}
    for workspace in workspaces:
        path, where = workspace.solution.path, _where(workspace)
        for kind, key in PATTERNS.items():
            if kind == "registry" and not workspace.settings.container_registry:
                continue
            if kind == "vault" and workspace.settings.key_vault:
                continue
            name = workspace.names[kind]
            if naming.kind(kind).fault(name):
                named = _of_workspace(estate, workspace, kind)
                longest = wrong.setdefault(path, {}).setdefault(kind, named)
                if len(name) > len(longest.name({})):
                    wrong[path][kind] = named
            # Resource groups share a subscription; a global name shares the world with everyone.
            if (within := _within(workspace, kind)) is not None:
                _taken(source, taken, path, (within, name), where, key)
    _tell(source, [list(each.values()) for each in wrong.values()])
    _groups(estate, source)


def _of_workspace(estate: Estate, workspace: Workspace, kind: str) -> _Named:
    return _Named(
        path=workspace.solution.path,
        where=_where(workspace),
        kind=kind,
        key=PATTERNS[kind],
        pattern=naming_of(estate, workspace.place, kind),
        parts=workspace.parts,
        hash5=lambda parts: place_hash(estate, parts),
    )


def _where(workspace: Workspace) -> str:
    where = f"`{workspace.solution.id}` in `{workspace.environment}`"
    if workspace.region == workspace.solution.region:
        return where
    return f"{where} in `{workspace.region}`"


def _groups(estate: Estate, source: Source) -> None:
    declared = estate.principals | estate.guests
    taken = {("group", name.lower()): f"the declared `{name}`" for name in declared}
    wrong: dict[Path, list[_Named]] = {}
    for audience, role, environment in grants(estate):
        name = group_name(estate, audience, role, environment)
        if naming.kind("group").fault(name):
            named = _of_group(estate, audience, role, environment)
            wrong.setdefault(audience.path, []).append(named)
        where = _where_group(audience, role, environment)
        _taken(source, taken, audience.path, ("group", name), where, "group")
    _tell(source, list(wrong.values()))


def _of_group(estate: Estate, audience: Audience, role: str, environment: str) -> _Named:
    return _Named(
        path=audience.path,
        where=_where_group(audience, role, environment),
        kind="group",
        key="group",
        pattern=estate.naming.group,
        parts=group_parts(estate, audience, role, environment),
        hash5=group_hash,
    )


def _where_group(audience: Audience, role: str, environment: str) -> str:
    return f"role `{role}` of `{audience.id}` in `{environment}`"


def _tell(source: Source, wrong: list[list[_Named]]) -> None:
    """Of each, one advice that mends all of its names; and never the same for two of them."""
    advised: list[str] = []
    for names in wrong:
        common = _common(names, advised)
        own = [_proposed(named, advised) if common is None else common for named in names]
        advised += [word for shorter in own for word in shorter.values()]
        for named, shorter in zip(names, own, strict=True):
            _say(source, named, shorter)


def _common(names: list[_Named], taken: list[str]) -> dict[str, str] | None:
    """The words of the one that has to be shortest, if they mend all."""
    proposed = [shorter for named in names if (shorter := _proposed(named, taken))]
    least = min(proposed, key=lambda words: sum(map(len, words.values())), default=None)
    fits = least is not None and not any(named.fault(least) for named in names)
    return least if fits else None


def _proposed(named: _Named, taken: list[str]) -> dict[str, str]:
    found = naming.propose(naming.kind(named.kind), named.pattern, named.parts, taken)
    return found.shorter if found else {}


def _say(source: Source, named: _Named, shorter: dict[str, str]) -> None:
    advice = f"change `naming.{named.key}`"
    if shorter:
        words = " and ".join(f"`{w}` for `{named.parts[part]}`" for part, w in shorter.items())
        advice = f"with {words} it is `{named.name(shorter)}`; or {advice}"
    what = f"the {naming.kind(named.kind).what} of {named.where}, `{named.name({})}`,"
    source.key_fault(named.path, f"{what} {named.fault({})}: {advice}")


def _taken(
    source: Source,
    taken: dict[tuple[str, str], str],
    path: Path,
    key: tuple[str, str],
    where: str,
    pattern_key: str,
) -> None:
    other = taken.setdefault((key[0], key[1].lower()), where)
    if other != where:
        source.key_fault(
            path,
            f"{where} and {other} would both be called `{key[1]}`:"
            f" let `naming.{pattern_key}` tell them apart",
            ("taken", pattern_key, key[1].lower()),
        )


def _within(workspace: Workspace, kind: str) -> str | None:
    if kind == "resourceGroup":
        return workspace.subscription
    return kind if naming.kind(kind).unique_in == "global" else None
