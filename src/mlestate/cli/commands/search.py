from __future__ import annotations

from typing import Annotated

import typer

from ..options import Data, Format, Output, Url, Workspace


def command(
    data: Data,
    filter: Annotated[
        str, typer.Argument(metavar="[FILTER]", help="Such as \"tags.stage = 'qa'\".")
    ] = "",
    words: Annotated[
        str, typer.Option(metavar="WORDS", help="Words in the name, the description or the tags.")
    ] = "",
    kind: Annotated[
        str,
        typer.Option(
            "--kind", "-k", metavar="KIND", help="`model`, `run`, …; more than one with commas."
        ),
    ] = "",
    workspace: Workspace = "",
    facet: Annotated[
        list[str] | None,
        typer.Option("--facet", metavar="FIELD", help="Count by this, such as `tags.stage`."),
    ] = None,
    order: Annotated[
        str,
        typer.Option(
            metavar="FIELD", help="`created`, `modified` or `name`; `-` before it turns it round."
        ),
    ] = "",
    top: Annotated[
        int | None,
        typer.Option(min=1, max=1000, metavar="COUNT", help="At most so many; 20 at first."),
    ] = None,
    archived: Annotated[
        bool, typer.Option("--archived", help="What is archived or deleted instead.")
    ] = False,
    view: Annotated[str, typer.Option(metavar="NAME", help="Start from this saved view.")] = "",
    views: Annotated[bool, typer.Option("--views", help="List the saved views instead.")] = False,
    save: Annotated[
        str, typer.Option(metavar="NAME", help="Save what is asked as a view of your own.")
    ] = "",
    shared: Annotated[
        bool, typer.Option("--shared", help="Save it for all who work in the workspace or estate.")
    ] = False,
    forget: Annotated[
        str, typer.Option(metavar="NAME", help="Delete a saved view of your own, or an id's.")
    ] = "",
    url: Url = "",
    output: Output = Format.table,
) -> None:
    """Search everything you may read."""
    from ..reach import connect
    from ..searches import Wanted, run

    wanted = Wanted(
        filter=filter,
        words=words,
        kind=kind,
        workspace=workspace,
        facets=tuple(facet or ()),
        order_by=order,
        top=top or 0,
        archived=archived,
        view=view,
    )
    with connect(data, url) as client:
        run(client, wanted, output, views=views, save=save, shared=shared, forget=forget)
