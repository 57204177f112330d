"""Beside what roles give in environments: a role at one scope, and what no role gives there."""

from __future__ import annotations

from typing import Annotated

import msgspec

from .shape import Spec, names_some, says

_AT = "`estate`, a subscription by its name, or SOLUTION/ENVIRONMENT: its resource groups."


class Assignment(Spec, frozen=True, kw_only=True):
    """A role at one scope, beside what `roles` and `members` give."""

    role: Annotated[str, says("A built-in role of Azure, or one of `customRoles`.")]
    at: Annotated[str, says(_AT)]
    to: Annotated[
        tuple[str, ...],
        names_some(
            "Declared groups, people and service principals.",
            "name somebody, or take the assignment out",
        ),
    ]


class Denial(Spec, frozen=True, kw_only=True):
    """What no role gives at one scope: not even Owner."""

    at: Annotated[str, says(_AT)]
    actions: Annotated[tuple[str, ...], says("What is denied, wildcards included.")] = ()
    not_actions: Annotated[tuple[str, ...], says("What of `actions` is not.")] = ()
    data_actions: Annotated[tuple[str, ...], says("What is denied on data, such as blobs.")] = ()
    not_data_actions: Annotated[tuple[str, ...], says("What of `dataActions` is not.")] = ()
    to: Annotated[
        tuple[str, ...],
        names_some(
            "To whom it is denied; everyone unless said.",
            "name somebody, take the denial out, or leave `to` out to deny it to everyone",
        ),
    ] = ()
    except_: Annotated[tuple[str, ...], says("To whom it is not denied all the same.")] = (
        msgspec.field(default=(), name="except")
    )
    below: Annotated[bool, says("Whether it holds below the scope, too.")] = True
    description: Annotated[str, says("What it is for.")] = ""
