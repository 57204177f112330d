"""What stays though no file names it any more, told by solution: few lines, however much it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from ..estate.planning.contents import name
from ..estate.planning.graph import above
from ..estate.planning.removals import Removal

_MOST = 10
_WORKSPACE = "microsoft.machinelearningservices/workspaces"
_NOBODY = "-"


class _Solution(msgspec.Struct):
    """Or, of what belongs to none, a type of things."""

    title: str
    environments: list[str] = []
    names: list[str] = []
    held: list[str] = []
    count: int = 0


def by_solution(removals: Sequence[Removal]) -> Iterator[str]:
    """A line for each."""
    known = {each.key: each for each in removals}
    found: dict[str, _Solution] = {}
    for each in removals:
        title, environment = _belongs(each, known)
        _add(found.setdefault(title, _Solution(title)), each, environment)
    solutions = sorted(found.values(), key=lambda one: (-one.count, one.title))
    yield from (f"  - {_line(each)}" for each in solutions[:_MOST])
    if rest := solutions[_MOST:]:
        count = sum(each.count for each in rest)
        yield f"  … and {count} of {len(rest)} more: `-o json` lists all of them"


def _add(solution: _Solution, removal: Removal, environment: str) -> None:
    solution.count += 1
    if environment and environment not in solution.environments:
        solution.environments.append(environment)
    own = name(removal.desired.id)
    if not environment or removal.desired.type.lower() == _WORKSPACE:
        solution.names.append(own)
    if removal.contents.holds and removal.desired.type.lower() == _WORKSPACE:
        solution.held.append(f"`{own}` holds {removal.contents}")


def _belongs(removal: Removal, known: Mapping[str, Removal]) -> tuple[str, str]:
    """To which solution and environment, by what it is for or by what it stands in."""
    for key in (removal.key, *above(removal.key)):
        parts = known[key].desired.key.split("/") if key in known else []
        if len(parts) > 2:
            division, projects, environment = parts[:3]
            whole = "the whole estate" if division == _NOBODY else division
            return whole if projects == _NOBODY else f"{whole}/{projects}", environment
    return removal.desired.type.rsplit("/", 1)[-1], ""


def _line(solution: _Solution) -> str:
    where = f" in {', '.join(sorted(solution.environments))}" if solution.environments else ""
    count = f"{solution.count} resource{'s' * (solution.count > 1)}" if where else ""
    said = [each for each in (count, _few(sorted(solution.names)), *solution.held[:_MOST]) if each]
    return f"{solution.title}{where}: {'; '.join(said)}"


def _few(names: Sequence[str]) -> str:
    return ", ".join([*names[:_MOST], *([f"{len(names) - _MOST} more"] * (len(names) > _MOST))])


def count(removals: Iterable[object]) -> str:
    number = len(list(removals))
    return f"{number} resource{'s' * (number > 1)} no longer in the file stay{'s' * (number == 1)}"
