"""Where a value comes from: every layer that says it, widest first, and which one counts.

A key is a place and what is asked of it, `fraud.prod.computes.cpu-cluster.max`; a place alone,
`fraud.prod` or `fraud.prod@eastus`; the name of one of its resources, `mlw-fraud-prod`; or a path
of the file, `regions.home`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ...core.errors import Invalid, NotFound
from ..desired import Json
from ..reading.source import Path, Source, Spot, suggest
from ..spec import Estate, Gives
from . import layers
from .layers import CLUSTER, Layer
from .places import PATTERNS, Workspace, naming_of, pattern, workspaces

BUILT_IN = "what is built in"
_OWN = ("owner", "costcenter")


class Said(msgspec.Struct, frozen=True):
    """One layer's word. `spot` is None for what is built in, or follows from other values."""

    value: Json
    path: str
    spot: Spot | None = None


class Explanation(msgspec.Struct, frozen=True):
    """`said` has the widest first; what it says last is what counts, unless it adds up."""

    key: str
    value: Json
    said: tuple[Said, ...]


def explain(estate: Estate, source: Source, key: str) -> list[Explanation]:
    """Raises `NotFound` for a key that means nothing here."""
    if not key:
        raise Invalid("an empty key explains nothing: name a place, a name or a path of the file")
    made = workspaces(estate)
    for workspace in made:
        if key in workspace.names.values():
            kinds = [kind for kind, name in workspace.names.items() if name == key]
            return [_name(estate, source, workspace, kind) for kind in kinds]
    if places := [each for each in made if _within_key(key, place_key(each))]:
        return _of_places(estate, source, places, key)
    return [_of_file(estate, source, key, made)]


def place_key(workspace: Workspace) -> str:
    """`fraud.prod`; with the region behind it where that is not the solution's own."""
    plain = f"{workspace.solution.id}.{workspace.environment}"
    own = workspace.region == workspace.solution.region
    return plain if own else f"{plain}@{workspace.region}"


def _of_places(
    estate: Estate, source: Source, places: Sequence[Workspace], key: str
) -> list[Explanation]:
    found = [
        each
        for workspace in places
        for each in _everything(estate, source, workspace)
        if _within_key(each.key, key)
    ]
    if found:
        return found
    known = [each.key for each in _everything(estate, source, places[0])]
    raise NotFound(f"nothing is known of `{key}`{suggest(key, known)}", code="UnknownKey")


def _everything(estate: Estate, source: Source, workspace: Workspace) -> Iterator[Explanation]:
    yield _region(estate, source, workspace)
    yield from _own(source, workspace)
    yield from _settings(estate, source, workspace)
    for tag in workspace.tags:
        yield _tag(estate, source, workspace, tag)
    for role in estate.roles:
        yield _role(estate, source, workspace, role)
    for kind in PATTERNS:
        yield _name(estate, source, workspace, kind)


def _region(estate: Estate, source: Source, workspace: Workspace) -> Explanation:
    said = [_at(source, ("regions", "home"), estate.regions.home)]
    for rung in workspace.solution.ladder:
        if rung.level.region:
            said.append(_at(source, (*rung.path, "region"), rung.level.region))
        if rung.level.regions:
            said.append(_at(source, (*rung.path, "regions"), workspace.region))
    return Explanation(f"{place_key(workspace)}.region", workspace.region, tuple(said))


def _own(source: Source, workspace: Workspace) -> Iterator[Explanation]:
    for key in _OWN:
        said = tuple(
            _at(source, (*rung.path, key), value)
            for rung in workspace.solution.ladder
            if (value := getattr(rung.level, key))
        )
        yield Explanation(f"{place_key(workspace)}.{key}", said[-1].value, said)


def _settings(estate: Estate, source: Source, workspace: Workspace) -> Iterator[Explanation]:
    stack = list(layers.layers(estate, workspace.solution.ladder, workspace.environment))
    for path, value in _leaves(_plain(workspace.settings)):
        if path[0] == "tags":
            continue  # told with the tags of all other layers
        said = [*_built_in(path), *_said(source, stack, path)]
        if said and said[-1].value != value:
            said.append(Said(value, "live data, which no key opens"))
        yield Explanation(f"{place_key(workspace)}.{'.'.join(path)}", value, tuple(said))


def _built_in(path: tuple[str, ...]) -> Iterator[Said]:
    if path[0] == "computes" and (value := _plain(CLUSTER).get(path[-1])) is not None:
        yield Said(value, BUILT_IN)


def _said(source: Source, stack: Sequence[Layer], path: tuple[str, ...]) -> Iterator[Said]:
    for layer in stack:
        value = _within(_plain(layer.settings), path)
        if value is not None:
            yield _at(source, (*layer.path, *path), value) if layer.path else Said(value, BUILT_IN)


def _tag(estate: Estate, source: Source, workspace: Workspace, tag: str) -> Explanation:
    rungs = workspace.solution.ladder
    said = [*_tagged(source, ("tags", "values"), estate.tags.values, tag)]
    if tag.lower() in _OWN:
        said += [
            _at(source, (*rung.path, tag.lower()), value)
            for rung in rungs
            if (value := getattr(rung.level, tag.lower()))
        ]
    for rung in rungs:
        said += _tagged(source, (*rung.path, "tags"), rung.level.tags, tag)
    for layer in layers.layers(estate, rungs, workspace.environment):
        said += _tagged(source, (*layer.path, "tags"), layer.settings.tags, tag)
    value = workspace.tags[tag]
    if not said or said[-1].value != value:
        said.append(Said(value, "the place itself"))
    return Explanation(f"{place_key(workspace)}.tags.{tag}", value, tuple(said))


def _tagged(source: Source, path: Path, tags: Mapping[str, str], tag: str) -> Iterator[Said]:
    for name, value in tags.items():
        if name.lower() == tag.lower():
            yield _at(source, (*path, name), value)


def _role(estate: Estate, source: Source, workspace: Workspace, role: str) -> Explanation:
    environment, rungs = workspace.environment, workspace.solution.ladder
    steps: list[tuple[Path, Mapping[str, Gives]]] = [(("roles",), estate.roles[role])]
    steps += [((*rung.path, "roles"), rung.level.roles.get(role, {})) for rung in rungs]
    said = [
        _at(source, (*path, role, environment), _listed(gives[environment]))
        for path, gives in steps
        if environment in gives
    ]
    gives = layers.written(estate, rungs, role, environment)
    value = [each for each in _listed(gives) if each != layers.NONE]
    if layers.reads_live(estate, rungs, role, environment):
        value = [*value, *({layers.LIVE_READER} - set(layers.held(gives)))]
        said.append(Said(value, f"`live`, which names {role}"))
    key = f"{place_key(workspace)}.roles.{role}"
    return Explanation(key, value, tuple(said) or (Said([], "no entry: no access"),))


def _listed(gives: Gives) -> list[Json]:
    plain: list[Json] = msgspec.to_builtins(gives)
    return list(plain)


def _name(estate: Estate, source: Source, workspace: Workspace, kind: str) -> Explanation:
    key, used = PATTERNS[kind], naming_of(estate, workspace.place, kind)
    said = [_at(source, ("naming", key), pattern(estate.naming, key))]
    if used != said[0].value:
        said.append(Said(used, "the region, which is not its own"))
    name = workspace.names[kind]
    return Explanation(f"{place_key(workspace)}.names.{kind}", name, tuple(said))


def _of_file(estate: Estate, source: Source, key: str, made: Sequence[Workspace]) -> Explanation:
    """A path of the file itself; what it leaves out has the value that is built in."""
    path = tuple(key.split("."))
    value = _within(_plain(estate), path)
    if value is None:
        raise NotFound(_unknown(estate, key, made), code="UnknownKey")
    return Explanation(key, value, (_at(source, path, value),))


def _unknown(estate: Estate, key: str, made: Sequence[Workspace]) -> str:
    project, _, rest = key.partition(".")
    if shared := [each for each in made if project in each.solution.projects]:
        there = [each for each in shared if each.environment == rest.split(".")[0]] or shared
        if project not in {each.solution.id for each in shared}:
            places = dict.fromkeys(f"`{place_key(each)}`" for each in there)
            return f"`{project}` works in {', '.join(places)}: ask of that"
    known = [*dict.fromkeys(place_key(each) for each in made), *_plain(estate)]
    known += [name for each in made for name in each.names.values()]
    return f"nothing is known of `{key}`{suggest(key, known)}"


def _at(source: Source, path: Path, value: Json) -> Said:
    spot = source.spot(path)
    dotted = ".".join(str(part) for part in path)
    return Said(value, dotted if spot else f"{BUILT_IN} ({dotted} is not said)", spot)


def _plain(struct: msgspec.Struct) -> dict[str, Json]:
    plain: dict[str, Json] = msgspec.to_builtins(struct)
    return plain


def _within(value: Json, path: Sequence[str]) -> Json:
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _leaves(value: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Json]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    elif value is not None:
        yield path, value


def _within_key(key: str, of: str) -> bool:
    """Whether a key is another one, or asks for something in it."""
    return key == of or key.startswith(of + ".")
