"""A search from the command line: asked, saved as a view, and shown with its counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..client.client import Client
from ..core.errors import Invalid, NotFound
from ..core.finding import ask
from ..core.finding.parse import parse
from .options import Format
from .output import note, show, table
from .printable import in_a_line
from .reach import need_workspace, workspace_id

SEARCH = "/estate/v1/search"
_SHARED = "providers/Mlestate.Organization/savedViews"
_OWN = "/providers/Mlestate.Organization/people/{}/savedViews"
_TOP = 20
_COLUMNS = ("kind", "name", "version", "workspace", "status", "created by", "created", "tags")
_VIEW_COLUMNS = ("name", "shared", "filter", "words", "id")
Document = Mapping[str, Any]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; what is empty is not said."""

    filter: str = ""
    words: str = ""
    kind: str = ""
    workspace: str = ""
    facets: tuple[str, ...] = ()
    order_by: str = ""
    top: int = 0
    archived: bool = False
    view: str = ""

    def check(self) -> None:
        """What can be told without the estate is told at once."""
        parse(self.filter, 0.0)
        ask.order(self.order_by)
        ask.facets(self.facets)


def run(
    client: Client,
    wanted: Wanted,
    output: Format,
    *,
    views: bool = False,
    save: str = "",
    shared: bool = False,
    forget: str = "",
) -> None:
    wanted.check()
    if shared and not save:
        raise Invalid("`--shared` says how to save: name the view with `--save NAME`")
    if forget:
        return _forget(client, forget)
    if views:
        return _list_views(client, output)
    if save:
        _save(client, wanted, save, shared)
    found = client.page(SEARCH, _parameters(wanted))
    if wanted.workspace and not found["value"]:
        need_workspace(client, wanted.workspace)
    for region in found.get("missingRegions", ()):
        note(f"the region `{region}` does not answer: what is there is left out")
    show(found, output, lambda: text(found))
    return None


def text(found: Document) -> str:
    """A table of what was found, and beneath it how many there are of each."""
    rows = found["value"]
    shown = table([_row(row) for row in rows], _COLUMNS) or "nothing was found"
    count = found.get("count", len(rows))
    more = f"\n{len(rows)} of {count:,}: `--top` shows more" if count > len(rows) else ""
    facets = [_counts(name, values) for name, values in (found.get("facets") or {}).items()]
    return "\n".join([shown + more, *([""] if facets else []), *facets])


def _row(row: Document) -> Document:
    tags = row.get("tags") or {}
    return {
        **row,
        "created by": row.get("createdBy"),
        "created": str(row.get("createdAt", ""))[:19].replace("T", " "),
        "tags": " ".join(f"{key}={value}" for key, value in list(tags.items())[:4]),
    }


def _counts(name: str, values: list[Document]) -> str:
    said = " · ".join(f"{in_a_line(str(each['value']))} {each['count']:,}" for each in values)
    return f"{name}: {said or 'none'}"


def _parameters(wanted: Wanted) -> dict[str, str]:
    top = str(wanted.top or ("" if wanted.view else _TOP))
    said = {
        "$filter": wanted.filter,
        "words": wanted.words,
        "kind": wanted.kind,
        "workspace": wanted.workspace,
        "facets": ",".join(wanted.facets),
        "$orderBy": wanted.order_by,
        "$top": top,
        "listViewType": "ArchivedOnly" if wanted.archived else "",
        "view": wanted.view,
        "$count": "true",
    }
    return {name: value for name, value in said.items() if value}


def _save(client: Client, wanted: Wanted, name: str, shared: bool) -> None:
    said = {
        "filter": wanted.filter,
        "words": wanted.words,
        "kind": wanted.kind,
        "workspace": wanted.workspace,
        "orderBy": wanted.order_by,
        "facets": list(wanted.facets),
        "listViewType": "ArchivedOnly" if wanted.archived else "",
        "top": wanted.top,
    }
    if wanted.view:
        raise Invalid("a view is saved from what is asked itself: leave out `--view`")
    body = {"properties": {name: value for name, value in said.items() if value}}
    made = client.put(f"{_collection(client, wanted, shared)}/{name}", body)
    note(f"saved as `{name}`: {made.get('id')}")


def _collection(client: Client, wanted: Wanted, shared: bool) -> str:
    """Of a workspace that is named, what is shared lies on it; else on the whole estate."""
    if not shared:
        return _own(client)
    scope = workspace_id(client, wanted.workspace) if wanted.workspace else ""
    return f"{scope}/{_SHARED}"


def _own(client: Client) -> str:
    return _OWN.format((client.get("/estate/v1/me") or {})["id"])


def _list_views(client: Client, output: Format) -> None:
    rows = list(client.list(f"{SEARCH}/views"))
    shown = [{**row, **row["properties"], "shared": row["shared"] or ""} for row in rows]
    show(rows, output, lambda: table(shown, _VIEW_COLUMNS) or "there are no saved views")


def _forget(client: Client, name: str) -> None:
    id = name if name.startswith("/") else f"{_own(client)}/{name}"
    if not client.delete(id):
        raise NotFound(f"there is no view `{name}` of yours: `mlestate search --views` lists them")
    note(f"deleted `{name}`")
