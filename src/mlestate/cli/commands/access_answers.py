"""The commands of `mlestate access` that say who may do what, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..options import Data, Format, Output, Prune, Url

What = Annotated[
    str, typer.Argument(metavar="ABILITY", help="`train`, `deploy`, `read-data`, …, or an action.")
]
Where = Annotated[
    str,
    typer.Argument(metavar="WHERE", help="A workspace, `project/environment`, a group, or an id."),
]
DataAction = Annotated[
    bool | None,
    typer.Option("--data-action/--action", help="What an ARM action is, where it is not plain."),
]


def why(
    who: Annotated[
        str, typer.Argument(metavar="WHO", help="A person, program or group; `me` is you.")
    ],
    what: What,
    where: Where,
    data: Data,
    data_action: DataAction = None,
    url: Url = "",
    output: Output = Format.table,
) -> int:
    """Say whether somebody may do it, through what, or what is missing.

    Anyone may ask about themselves; about others, who may read role assignments there.

    Exit code: 0 they may, 2 they may not, 1 an error.
    """
    from ..answers import ask, why_text
    from ..output import show
    from ..reach import connect

    with connect(data, url) as client:
        found = ask(client, "why", {"principal": who}, what, where, data_action)
    show(found, output, lambda: why_text(found))
    return 0 if found["allowed"] else 2


def who(
    what: What,
    where: Where,
    data: Data,
    data_action: DataAction = None,
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """List everybody who may do it, with the role and the group they may through."""
    from ..answers import ask, who_text
    from ..output import note, show
    from ..reach import connect

    with connect(data, url) as client:
        found = ask(client, "who", {}, what, where, data_action)
    if slip := found.get("slip"):
        note(f"note: {slip}")
    if not found["value"]:
        note("nobody may")
    show(found, output, lambda: who_text(found))


def matrix(
    data: Data,
    of: Annotated[
        str, typer.Argument(metavar="[OF]", help="A project, a workspace, a group, or an id.")
    ] = "",
    environment: Annotated[
        list[str] | None,
        typer.Option("--environment", "-e", metavar="ENV", help="Such as `prod`; more than once."),
    ] = None,
    ability: Annotated[
        list[str] | None,
        typer.Option("--ability", "-a", metavar="ABILITY", help="Show this one; more than once."),
    ] = None,
    person: Annotated[
        list[str] | None,
        typer.Option("--person", "-p", metavar="WHO", help="Show this one; more than once."),
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="All abilities, in a list.")] = False,
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """Show who may do what in each environment, of a project or of all."""
    from ..answers import MatrixWanted, matrix_of, matrix_text
    from ..output import show
    from ..reach import connect

    wanted = MatrixWanted(of, environment or [], ability or [], person or [])
    with connect(data, url) as client:
        found = matrix_of(client, wanted, everything=all or output is not Format.table)
    show(found, output, lambda: matrix_text(found, all))


def diff(
    data: Data,
    before: Annotated[str, typer.Argument(metavar="[ENV", help="An environment.")] = "",
    after: Annotated[str, typer.Argument(metavar="ENV]", help="Another one.")] = "",
    of: Annotated[str, typer.Option("--of", metavar="PROJECT", help="Of this project alone.")] = "",
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="Before and after an estate file or a plan."),
    ] = None,
    prune: Prune = False,
    url: Url = "",
    output: Output = Format.table,
) -> int:
    """Say what people may do in one environment and not in another, or what a file would change.

    Exit code: 0 nothing, 2 there are differences, 1 an error.
    """
    from ...core.errors import Invalid
    from ..answers import between, diff_text, planned
    from ..output import show
    from ..reach import connect

    if (plan is None) == (not before or not after):
        raise Invalid("name two environments, such as `dev prod`, or a file with --plan")
    with connect(data, url) as client:
        if plan is not None:
            found = planned(client, plan, prune)
        else:
            found = between(client, of, before, after)
    show(found, output, lambda: diff_text(found, before, after))
    return 2 if found["value"] else 0


def abilities(data: Data, url: Url = "", output: Output = Format.table) -> None:
    """List the words for what people do, each with its action. Needs no estate."""
    from ..answers import abilities_text, known_abilities
    from ..output import show

    found = known_abilities()
    show(found, output, lambda: abilities_text(found))


COMMANDS = {"why": why, "who": who, "matrix": matrix, "diff": diff, "abilities": abilities}
