"""Names that Azure would refuse, or that two things would share, are refused here."""

from __future__ import annotations

from ...core import naming
from ..audiences import Audience, grants, group_name, group_parts
from ..layout import PATTERNS, Workspace, naming_of
from ..layout import pattern as pattern_of
from ..source import Path, Source
from ..spec import Estate

_KEYS = ("resourceGroup", "workspace", "resource", "global", "group")


def check_patterns(estate: Estate, source: Source) -> None:
    for key in _KEYS:
        known = naming.PLACEHOLDERS - (set() if key == "group" else {"role"})
        for name in naming.placeholders(pattern_of(estate.naming, key)):
            if name not in known:
                source.unknown(("naming", key), "placeholder", name, sorted(known))


def check(estate: Estate, workspaces: list[Workspace], source: Source) -> None:
    taken: dict[tuple[str, str], str] = {}
    # What is too long in one environment mostly is in the next: said once for each kind.
    told: set[tuple[Path, str]] = set()
    for workspace in workspaces:
        for kind, key in PATTERNS.items():
            if kind == "registry" and not workspace.settings.container_registry:
                continue
            where = _where(workspace)
            path = workspace.solution.path
            if (path, kind) not in told and _workspace(estate, source, workspace, kind):
                told.add((path, kind))
            # Resource groups share a subscription; a global name shares the world with everyone.
            if (within := _within(workspace, kind)) is not None:
                _taken(source, taken, path, (within, workspace.names[kind]), where, key)
    _groups(estate, source)


def _where(workspace: Workspace) -> str:
    where = f"`{workspace.solution.id}` in `{workspace.environment}`"
    if workspace.region == workspace.solution.region:
        return where
    return f"{where} in `{workspace.region}`"


def _workspace(estate: Estate, source: Source, workspace: Workspace, kind: str) -> bool:
    names = naming_of(estate, workspace.place, kind)
    return _name(
        source, workspace.solution.path, _where(workspace), kind, PATTERNS[kind], names,
        workspace.parts,
    )  # fmt: skip


def _groups(estate: Estate, source: Source) -> None:
    taken = {("group", name): f"the declared `{name}`" for name in estate.principals}
    for audience, role, environment in grants(estate):
        _group(estate, source, taken, audience, role, environment)


def _group(
    estate: Estate,
    source: Source,
    taken: dict[tuple[str, str], str],
    audience: Audience,
    role: str,
    environment: str,
) -> None:
    where = f"role `{role}` of `{audience.id}` in `{environment}`"
    parts = group_parts(estate, audience, role, environment)
    _name(source, audience.path, where, "group", "group", estate.naming.group, parts)
    name = group_name(estate, audience, role, environment)
    _taken(source, taken, audience.path, ("group", name), where, "group")


def _name(
    source: Source,
    path: Path,
    where: str,
    kind_key: str,
    pattern_key: str,
    pattern: str,
    parts: dict[str, str],
) -> bool:
    """True when there was something to say."""
    kind = naming.kind(kind_key)
    name = naming.fill(kind, pattern, parts)
    if not (fault := kind.fault(name)):
        return False
    advice = f"change `naming.{pattern_key}`"
    if better := naming.propose(kind, pattern, parts):
        part, short, short_name = better
        advice = f"with `{short}` for `{parts[part]}` it is `{short_name}`; or {advice}"
    source.key_fault(path, f"the {kind.what} of {where}, `{name}`, {fault}: {advice}")
    return True


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
        )


def _within(workspace: Workspace, kind: str) -> str | None:
    if kind == "resourceGroup":
        return workspace.subscription
    return kind if naming.kind(kind).unique_in == "global" else None
