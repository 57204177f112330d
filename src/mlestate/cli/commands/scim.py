from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ..options import Data, Format, Output, Url


class Verb(StrEnum):
    token = "token"
    list = "list"
    revoke = "revoke"
    release = "release"


def command(
    verb: Annotated[
        Verb,
        typer.Argument(metavar="VERB", help="`token`, `list`, `revoke` or `release`."),
    ],
    data: Data,
    label: Annotated[
        str, typer.Argument(metavar="[NAME]", help="A token's; or `user/NAME`, `group/NAME`.")
    ] = "",
    days: Annotated[int, typer.Option("--days", help="How long a new token lasts.")] = 365,
    out: Annotated[
        str, typer.Option("--out", metavar="FILE", help="A new file for it, for your eyes alone.")
    ] = "",
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """Manage the tokens of directories that push people here.

    `token LABEL` makes one, which is shown once; `revoke LABEL` ends it at the next request.
    `release group/NAME` makes the estate the owner of what a directory owned, just as it is.
    """
    from pathlib import Path
    from urllib.parse import quote

    from ...core.errors import Invalid, NotFound
    from ...identity import private_file
    from ..output import note, show, table
    from ..reach import connect

    tokens = "/estate/v1/provisioningTokens"
    if verb is not Verb.list and not label:
        raise Invalid("name the token, such as `entra`, or what to release, such as `user/ana`")
    with connect(data, url) as client:
        if verb is Verb.token:
            made = client.post(tokens, {"label": label, "days": days})
            if out:
                private_file.write(Path(out), f"{made['token']}\n".encode())
            else:
                show(made, output, lambda: str(made["token"]))
            note(f"for {made['address']}, until {made['expires'][:10]}; it is shown this once")
        elif verb is Verb.release:
            kind, slash, name = label.partition("/")
            if kind not in ("user", "group") or not slash:
                raise Invalid(f"`{label}`: write `user/NAME` or `group/NAME`")
            client.post(f"/estate/v1/{kind}s/{quote(name, safe='')}/release")
            note(f"`{name}` is the estate's own now")
        elif verb is Verb.revoke:
            if label not in {each["label"] for each in client.list(tokens)}:
                raise NotFound(f"there is no token `{label}`: `mlestate scim list` shows them")
            client.delete(f"{tokens}/{quote(label, safe='')}")
            note(f"`{label}` is revoked")
        else:
            rows = list(client.list(tokens))
            show(rows, output, lambda: table(rows, ("label", "created", "expires", "revoked")))
