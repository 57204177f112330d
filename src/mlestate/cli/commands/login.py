from __future__ import annotations

from typing import Annotated

import typer

from ..options import Data, Url


def command(
    data: Data,
    as_: Annotated[
        str | None,
        typer.Option("--as", metavar="USER", help="A user's or service principal's name."),
    ] = None,
    secret: Annotated[
        str | None, typer.Option("--secret", metavar="S", help="The user's client secret.")
    ] = None,
    url: Url = "",
) -> None:
    """Become a user of the estate on this machine.

    Without --as you log in on a page of the estate, which leads to your company's login where one
    is connected. With --as and without --secret, the administrator of this machine asks the estate
    for a secret, which a development estate grants; else you are asked for it. `--as admin` goes
    back to the administrator.
    """
    from ...client.session import forget, save
    from ...core.errors import Invalid
    from ..borrow import ADMINISTRATOR, prove
    from ..output import note

    for option, said in (("--as", as_), ("--secret", secret)):
        if said is not None and not said.strip():
            raise Invalid(f"`{option}` is empty: is a variable not set?")
    if as_ is None:
        if secret is not None:
            raise Invalid("`--secret` goes with `--as USER`")
        from ..person import log_in

        login, path = log_in(data, url)
        note(f"you are `{login.name}` now (kept in `{path}`)")
        return
    if as_ == ADMINISTRATOR and not secret:
        forget(data)
        note("you are the administrator of this machine again")
        return
    path = save(data, prove(data, url, as_, secret or ""))
    note(f"you are `{as_}` now (kept in `{path}`)")
