"""Names that Azure would refuse, or that two things would share, are refused here."""

from __future__ import annotations

from ...core import naming
from ..layout import PATTERNS, Audience, Workspace, audiences, group_name, group_parts, workspaces
from ..layout import pattern as pattern_of
from ..source import Path, Source
from ..spec import Estate, gives

_KEYS = ("resourceGroup", "workspace", "resource", "global", "group")


def check_patterns(estate: Estate, source: Source) -> None:
    for key in _KEYS:
        known = naming.PLACEHOLDERS - (set() if key == "group" else {"role"})
        for name in naming.placeholders(pattern_of(estate.naming, key)):
            if name not in known:
                source.unknown(("naming", key), "placeholder", name, sorted(known))


def check(estate: Estate, source: Source) -> None:
    taken: dict[tuple[str, str], str] = {}
    # What is too long in one environment mostly is in the next: said once for each kind.
    told: set[tuple[Path, str]] = set()
    for workspace in workspaces(estate):
        for kind, key in PATTERNS.items():
            if kind == "registry" and not _has_registry(estate, workspace):
                continue
            where = f"`{workspace.solution.id}` in `{workspace.environment}`"
            path = workspace.solution.path
            if (path, kind) not in told and _name(
                estate, source, path, where, kind, key, workspace.parts
            ):
                told.add((path, kind))
            # Resource groups share a subscription; a global name shares the world with everyone.
            if (within := _within(workspace, kind)) is not None:
                _taken(source, taken, path, (within, workspace.names[kind]), where, key)
    _groups(estate, source)


def _groups(estate: Estate, source: Source) -> None:
    taken = {("group", name): f"the declared `{name}`" for name in estate.principals}
    for audience in audiences(estate):
        for role in estate.roles:
            for environment in audience.environments:
                if audience.holds(role) and gives(estate, role, environment):
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
    _name(estate, source, audience.path, where, "group", "group", parts)
    name = group_name(estate, audience, role, environment)
    _taken(source, taken, audience.path, ("group", name), where, "group")


def _name(
    estate: Estate,
    source: Source,
    path: Path,
    where: str,
    kind_key: str,
    pattern_key: str,
    parts: dict[str, str],
) -> bool:
    """True when there was something to say."""
    kind, pattern = naming.kind(kind_key), pattern_of(estate.naming, pattern_key)
    name = naming.fill(kind, pattern, parts)
    if not (fault := kind.fault(name)):
        return False
    advice = f"change `naming.{pattern_key}`"
    if better := naming.propose(kind, pattern, parts):
        words = " and ".join(f"`{w}` for `{parts[part]}`" for part, w in better.shorter.items())
        advice = f"with {words} it is `{better.name}`; or {advice}"
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


def _has_registry(estate: Estate, workspace: Workspace) -> bool:
    return estate.environments[workspace.environment].container_registry
