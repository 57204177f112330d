"""The activity log as it may be read: over all cells, by time, and of what one may see."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from ..core import numbers, page_token
from ..core.access import Caller
from ..core.activity import ITSELF, STARTED
from ..core.activity_filter import Filter, parse
from ..core.areas import outermost, within
from ..core.errors import Invalid
from ..core.ids import Address
from ..core.user_names import names_of
from ..store.activity.reading import Found, Sought, find
from .activity_documents import documents
from .plane import Plane, not_offered
from .reading import Page

READ = "Microsoft.Insights/eventtypes/values/read"
COLLECTION = "Microsoft.Insights/eventtypes/values"
CATEGORIES = "Microsoft.Insights/eventcategories"
PAGE, LARGEST_PAGE = 200, 1000
_GROUP = re.compile(r"/subscriptions/[^/]+/resourcegroups/([^/]+)(?:/|$)")
_DIRECTORY = ("mlestate.Identity/users/read", "mlestate.Identity/servicePrincipals/read")
# Whom events tell of, and who is not in the directory: who failed to log in, an account's key.
_NO_PRINCIPALS = ("(unknown)", "key of ")
# The object ids of whom one of these is the name, or the object id.
People = Callable[[Sequence[str]], Sequence[str]]


def categories(_caller: Caller, address: Address, _asked: Mapping[str, str]) -> Page:
    """Those that events here have; told to everybody, and above all subscriptions alone."""
    if address.id.steps:
        raise not_offered(f"{address.id.type}/{CATEGORIES}")
    return Page([{"value": "Administrative", "localizedValue": "Administrative"}])


class ActivityLog:
    """`settle` moves what is not in the log yet into it: who asks sees all that was done."""

    def __init__(self, plane: Plane, settle: Callable[[], None], tenant: str, people: People):
        self._plane, self._settle = plane, settle
        self._tenant, self._people = tenant, people

    def page(self, caller: Caller, address: Address, asked: Mapping[str, str]) -> Page:
        """`asked` is the query string with its keys in lower case. A start stands on the page of
        its end."""
        sought = self._sought(caller, address, asked)
        self._settle()
        found = self._merged(sought)
        shown = self._shown(found[: sought.limit - 1], sought)
        rows, more = found[: len(shown)], found[len(shown) :]
        if sought.callers and not rows and sought.after is None:
            self._tell_of_nobody(caller, sought.callers)
        every = [document for each in shown for document in each]
        return Page(_selected(every, asked), _token(rows[-1]) if more else "")

    def _shown(self, found: list[Found], sought: Sought) -> list[list[dict[str, Any]]]:
        """The documents of each event, of so many events as fit on the page."""
        shown: list[list[dict[str, Any]]] = []
        count = 0
        for one in found:
            each = [d for d in documents(one, self._tenant) if _asked_for(d, sought.status)]
            count += len(each)
            if shown and count > sought.limit - 1:
                break
            shown.append(each)
        return shown

    def _sought(self, caller: Caller, address: Address, asked: Mapping[str, str]) -> Sought:
        said = parse(asked.get("$filter", ""))
        base = _base(address, said)
        area = caller.rights.area(READ)
        names = names_of(said.caller) if said.caller else ()
        return Sought(
            since=said.since,
            until=said.until,
            scopes=[] if base is None else _scopes(caller, base),
            taken=[key for key in area.taken if base is not None and _reaches(base, key)],
            hidden=sorted(area.hidden),
            correlation=said.correlation,
            callers=[*names, *self._people(names)] if names else (),
            status=said.status,
            provider=said.provider.lower(),
            limit=_limit(asked.get("$top", str(PAGE))) + 1,
            after=_after(asked.get("$skiptoken", "")),
        )

    def _merged(self, sought: Sought) -> list[Found]:
        pages = []
        if sought.scopes is None or sought.scopes:
            for region in ("", *self._plane.cells.regions):
                with self._plane.cells.named(region).read() as connection:
                    pages.append(find(connection, region, sought))
        return list(islice(heapq.merge(*pages, key=lambda one: one.order), sought.limit))

    def _tell_of_nobody(self, caller: Caller, names: Sequence[str]) -> None:
        """Who may read the directory is told that they asked for somebody whom nobody knows."""
        known = names[0] == ITSELF or names[0].startswith(_NO_PRINCIPALS) or self._people(names)
        if not known and all(caller.rights.allows(action, "/") for action in _DIRECTORY):
            raise Invalid(
                f"there is nobody `{names[0][:128]}`, and no event that you asked for tells of one",
                target="$filter",
            )


def _base(address: Address, said: Filter) -> str | None:
    """The key of what is asked about: the narrowest that was said. None where it is nowhere, since
    one is not in the other."""
    scope, resource = address.id.parent.key, said.resource.rstrip("/").lower()
    if resource:
        found = _GROUP.match(resource)
        in_group = not said.group or (found is not None and found[1] == said.group.lower())
        return resource if in_group and _reaches(scope, resource) else None
    if not said.group:
        return scope
    if not scope:
        raise Invalid(
            "a resource group is asked for in its subscription: `/subscriptions/…/providers/"
            "Microsoft.Insights/eventtypes/management/values`",
            target="$filter",
        )
    return f"{scope}/resourcegroups/{said.group.lower()}"


def _reaches(scope: str, key: str) -> bool:
    return key == scope or within(key, scope)


def _scopes(caller: Caller, base: str) -> list[str] | None:
    """The scopes to look in; None for everywhere. Who may read nothing of a group or a resource is
    refused, whether or not it is there."""
    area = caller.rights.area(READ)
    if area.reaches(base):
        return [base] if base else None
    below = [] if area.bars(base) else [s for s in area.branches() if within(s, base)]
    if not below and base.count("/") > 2:
        caller.need(READ, base)
    return outermost(below)


def _asked_for(document: dict[str, Any], status: str) -> bool:
    return not status or (document["status"]["value"] == STARTED) == (status == STARTED)


def _selected(documents: list[dict[str, Any]], asked: Mapping[str, str]) -> list[dict[str, Any]]:
    names = {name.strip().lower() for name in asked.get("$select", "").split(",")} - {""}
    if not names:
        return documents
    return [{k: v for k, v in one.items() if k.lower() in names} for one in documents]


def _limit(text: str) -> int:
    found = numbers.whole(text, 1, LARGEST_PAGE)
    if found is None:
        raise Invalid(f"`$top` is a number from 1 to {LARGEST_PAGE}", target="$top")
    return found


def _token(last: Found) -> str:
    return page_token.write((last.event.at, last.cell, last.seq))


def _after(token: str) -> tuple[float, str, int] | None:
    if not token:
        return None
    found = page_token.read(token, tuple[float, str, int])
    if found is None:
        raise Invalid("the page token is not one of ours: start again", target="$skipToken")
    return found
