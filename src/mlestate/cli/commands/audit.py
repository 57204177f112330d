from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..options import Data, Url


class What(StrEnum):
    list = "list"
    export = "export"
    verify = "verify"
    head = "head"
    accept = "accept"


class Form(StrEnum):
    table = "table"
    json = "json"
    yaml = "yaml"
    jsonl = "jsonl"


def command(
    data: Data,
    what: Annotated[
        What,
        typer.Argument(
            metavar="WHAT",
            help="`list` or `export` events, `verify` the log, print its `head` to keep, or "
            "`accept` what a backup's databases lack, with the estate stopped.",
        ),
    ],
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Such as 7d, 24h, 2026-11-01 or a whole moment.")
    ] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="As `--since`.")] = "",
    scope: Annotated[
        str, typer.Option(metavar="S", help="An id, or a subscription's or workspace's name.")
    ] = "",
    by: Annotated[str, typer.Option(metavar="WHO", help="A name, or an object id.")] = "",
    status: Annotated[
        str, typer.Option(metavar="STATUS", help="`Succeeded`, `Failed` or `Accepted`.")
    ] = "",
    correlation: Annotated[
        str, typer.Option(metavar="ID", help="All events of one request, and of its slow work.")
    ] = "",
    top: Annotated[int, typer.Option(min=1, metavar="COUNT", help="`list`: at most so many.")] = 50,
    head: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="`verify`: against what `head` printed before."),
    ] = None,
    at_rest: Annotated[
        bool, typer.Option("--at-rest", help="`verify`: an estate that is not running.")
    ] = False,
    url: Url = "",
    output: Annotated[
        Form | None, typer.Option("--output", "-o", help="How to print; jsonl is for `export`.")
    ] = None,
) -> int:
    """Say who did what, export it, or check that nobody tampered with it."""
    from ..audits import Wanted, accept, check_at_rest, export, heads, listed, verified
    from ..reach import connect

    wanted = Wanted(since, until, scope, by, status, correlation)
    form = str(output or ("jsonl" if what is What.export else "table"))
    if what is What.verify and at_rest:
        return check_at_rest(data, head, form)
    if what is What.accept:
        return accept(data)
    with connect(data, url) as client:
        match what:
            case What.verify:
                return verified(client, head, form)
            case What.head:
                heads(client)
            case What.export:
                export(client, wanted, form)
            case What.list:
                listed(client, wanted, top, form)
    return 0
