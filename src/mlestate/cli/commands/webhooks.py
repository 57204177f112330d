from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ..options import Data, Format, Output, Url


class Act(StrEnum):
    deliveries = "deliveries"
    redeliver = "redeliver"
    secret = "secret"
    test = "test"


def command(
    data: Data,
    act: Annotated[
        Act,
        typer.Argument(
            metavar="ACT",
            help="`deliveries`: what it was told. `redeliver`: what was set aside, or one event, "
            "again. `secret`: a new secret, shown once. `test`: tell it that it is tested.",
        ),
    ],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the webhook.")],
    event: Annotated[str, typer.Argument(metavar="[EVENT]", help="An event's id.")] = "",
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """Say what webhooks were told, and look after them."""
    from ..reach import connect
    from ..webhooks import deliveries, redeliver, secret, test

    with connect(data, url) as client:
        match act:
            case Act.deliveries:
                deliveries(client, name, output)
            case Act.redeliver:
                redeliver(client, name, event)
            case Act.secret:
                secret(client, name)
            case Act.test:
                test(client, name)
