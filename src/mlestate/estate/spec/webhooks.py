"""Who is told of what happens."""

from __future__ import annotations

from typing import Annotated

from .shape import Spec, says


class Webhook(Spec, frozen=True, kw_only=True):
    """An address that is told of what happens, in CloudEvents, signed. Its secret is made by
    `mlestate webhooks secret`, and stands in no file."""

    url: Annotated[str, says("Where it is told: `https://…`.")]
    events: Annotated[
        tuple[str, ...],
        says("Names of events, in which `*` is any text, such as *.ModelRegistered."),
    ]
    environments: Annotated[
        tuple[str, ...], says("Of what happens in these; left out, in the whole estate.")
    ] = ()
    description: Annotated[str, says("For people.")] = ""
    enabled: Annotated[bool, says("One that is not is told nothing.")] = True
