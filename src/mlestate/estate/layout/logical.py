"""What a thing is for, whatever it is called and wherever it stands: `Desired.key`.

claims/fraud+triage/dev/westeurope/workspace
division / projects that it serves / environment / region / kind
"""

from __future__ import annotations

from collections.abc import Iterator

from .audiences import Audience
from .places import Workspace

_NOBODY = "-"


def of_workspace(workspace: Workspace, kind: str) -> str:
    """The key of one of a workspace's parts, or of what is in it."""
    solution = workspace.solution
    projects = "+".join(solution.projects) or _NOBODY
    return "/".join(
        (solution.division, projects, workspace.environment, workspace.region, kind)
    ).lower()


def of_group(audience: Audience, role: str, environment: str) -> str:
    """The key of a group of those who hold a role."""
    # `divisions.claims.projects.fraud`, `divisions.claims`, or `members` of the whole estate.
    names = [str(part) for part in audience.path[1::2]]
    division, project = [*names, _NOBODY, _NOBODY][:2]
    return "/".join((division, project, environment, _NOBODY, f"group {role}")).lower()


def of_assignment(audience: Audience, workspace: Workspace, role: str, name: str) -> str:
    """The key of what is given in a workspace: to a project's own people, or to more than those."""
    what = f"assignment of {name} to {audience.id} {role}"
    if "projects" not in audience.path:
        return of_workspace(workspace, what)
    place = (workspace.environment, workspace.region, what)
    return "/".join((workspace.solution.division, audience.id, *place)).lower()


def each_project(key: str) -> Iterator[str]:
    """A thing of several projects is what each of them has: one key for each."""
    parts = key.split("/")
    if len(parts) < 5:
        return
    division, projects, *rest = parts
    for project in projects.split("+"):
        yield "/".join((division, project, *rest))
