"""The commands of `mlestate access` that are about roles held for some time."""

from __future__ import annotations

from typing import Annotated

import typer

from ..options import Data, Format, Output, Url

Role = Annotated[str, typer.Argument(metavar="ROLE", help="A role of Azure, by its name.")]
Scope = Annotated[
    str,
    typer.Argument(metavar="[SCOPE]", help="A workspace, `project/environment`, a group or an id."),
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why it is needed.")]
Hours = Annotated[float, typer.Option(min=0.1, max=24, metavar="HOURS", help="For how long.")]
Id = Annotated[
    str,
    typer.Argument(metavar="[ID]", help="As `mlestate access requests` shows it, or its start."),
]


def activate(
    role: Role,
    data: Data,
    reason: Reason,
    scope: Scope = "",
    hours: Hours = 1.0,
    ticket: Annotated[str, typer.Option(metavar="TICKET", help="The ticket it is for.")] = "",
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """Take a role that you are eligible for, or ask for it."""
    from ..output import show
    from ..reach import connect
    from ..requests import Wanted, activated, ask

    wanted = Wanted("SelfActivate", role, scope, reason, hours, ticket)
    with connect(data, url) as client:
        found = ask(client, wanted)
    show(found, output, lambda: activated(found))


def extend(
    role: Role,
    data: Data,
    reason: Reason,
    scope: Scope = "",
    hours: Hours = 1.0,
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """Keep a role that you have activated for longer, counted from now."""
    from ..output import show
    from ..reach import connect
    from ..requests import Wanted, activated, ask

    with connect(data, url) as client:
        found = ask(client, Wanted("SelfExtend", role, scope, reason, hours))
    show(found, output, lambda: activated(found))


def deactivate(
    role: Role,
    data: Data,
    scope: Scope = "",
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """Give back a role before its time is over."""
    from ..output import show
    from ..reach import connect
    from ..requests import give_back

    with connect(data, url) as client:
        found = give_back(client, role, scope)
    show(found, output, lambda: "it is given back")


def break_glass(
    data: Data,
    reason: Reason,
    scope: Scope = "",
    hours: Hours = 1.0,
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """In an emergency, take a strong role at once. It is announced, and reported."""
    from ..output import note, show
    from ..reach import connect
    from ..requests import Wanted, activated, ask

    with connect(data, url) as client:
        found = ask(client, Wanted("SelfActivate", "", scope, reason, hours, glass=True))
    note("the glass is broken: that is announced, and what you do is reported")
    show(found, output, lambda: activated(found))


def requests(
    data: Data,
    all: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """List what you may activate, what is held for a time, and what waits for whom."""
    from ..output import show
    from ..reach import connect
    from ..requests import everything, listed

    with connect(data, url) as client:
        found = everything(client, all)
    show(found, output, lambda: listed(found))


def cancel(data: Data, id: Id = "", url: Url = "") -> None:
    """Take back a request that waits for approval."""
    from ..output import note
    from ..reach import connect
    from ..requests import waiting_named

    with connect(data, url) as client:
        client.post(f"{waiting_named(client, id)['id']}/cancel")
    note("it is cancelled")


def report(data: Data, id: Id = "", url: Url = "", output: Output = Format.table) -> None:
    """Say what was done while a role was held for a time; without ID, in the last emergency."""
    from ..output import show
    from ..reach import connect
    from ..requests import report_of, reported

    with connect(data, url) as client:
        found = report_of(client, id)
    show(found, output, lambda: reported(found))


COMMANDS = {
    "activate": activate,
    "extend": extend,
    "deactivate": deactivate,
    "break-glass": break_glass,
    "requests": requests,
    "cancel": cancel,
    "report": report,
}
