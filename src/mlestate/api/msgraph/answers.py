"""What is answered at each address of Microsoft Graph."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from ...core import numbers, odata
from ...core.access import Caller
from ...core.errors import Invalid, NotFound
from ...core.principals import Principal
from ...core.user_names import names_of
from ...identity.directory import Directory
from ...store.principal_search import Sought
from ..http import answer
from . import documents
from .documents import COLLECTIONS
from .sight import Sight

LARGEST_PAGE = 999
MOST_IDS = 1000
T = TypeVar("T")


class Asked(msgspec.Struct, frozen=True):
    """A request, read: `kind` is the collection in the address, `name` what stands behind it."""

    caller: Caller
    kind: str
    name: str
    body: Any
    query: dict[str, str]
    origin: str

    def sight(self, directory: Directory) -> Sight:
        return Sight(self.caller, directory)


class Ids(msgspec.Struct, frozen=True):
    ids: list[str]
    types: list[str] | None = None


class GroupIds(msgspec.Struct, frozen=True, rename="camel"):
    group_ids: list[str]


def me(directory: Directory, asked: Asked) -> Response:
    found = directory.by_id(asked.caller.id)
    if found is None or found.kind != "User":
        raise Invalid("/me is for people: this login is a service principal's", code="BadRequest")
    return _one(directory, asked, found)


def listed(directory: Directory, asked: Asked) -> Response:
    if "$search" in asked.query:
        raise Invalid("`$search` is not offered: use `$filter`", target="$search")
    where = odata.parse(asked.query.get("$filter", ""))
    asked.sight(directory).need(asked.kind, where)
    limit, after = _limit(asked.query.get("$top", "100")), asked.query.get("$skiptoken", "")
    if not after.isprintable():
        raise Invalid("the page token is not one of ours: start again", target="$skiptoken")
    # One more than asked for tells whether there is another page.
    sought = Sought(COLLECTIONS[asked.kind], where, names_of, after, limit + 1)
    found = directory.search(sought)
    return _page(directory, asked, found, limit)


def got(directory: Directory, asked: Asked) -> Response:
    return _one(directory, asked, _named(directory, asked))


def members(directory: Directory, asked: Asked) -> Response:
    """Those directly in the group."""
    asked.sight(directory).need("groups")
    found = directory.members(_named(directory, asked))
    guests = directory.guests(found)
    return answer({"value": [documents.typed(each, guests) for each in found]})


def by_ids(directory: Directory, asked: Asked) -> Response:
    """Who is not there, and whom one may not see, is left out."""
    said = _checked(asked.body, Ids)
    if len(said.ids) > MOST_IDS:
        raise Invalid(f"{len(said.ids)} ids are too many: send up to {MOST_IDS}", target="ids")
    found = directory.by_ids([id.lower() for id in said.ids])
    shown = asked.sight(directory).seen(found)
    guests = directory.guests(shown)
    return answer({"value": [documents.typed(each, guests) for each in shown]})


def groups_of(directory: Directory, asked: Asked) -> Response:
    """The ids of all groups that it is in, groups in groups included."""
    name = asked.caller.id if not asked.kind else asked.name
    sight = asked.sight(directory)
    if asked.kind and not _is_guid(name):
        sight.need("groups")
        name = _named(directory, asked).id
    sight.need_groups_of(name.lower())
    return answer({"value": sorted(directory.groups_of(name.lower()))})


def in_groups(directory: Directory, asked: Asked) -> Response:
    """Of these groups, those that it is in."""
    asked.sight(directory).need_groups_of(asked.name.lower())
    said = _checked(asked.body, GroupIds)
    held = directory.groups_of(asked.name.lower())
    return answer({"value": [id for id in said.group_ids if id.lower() in held]})


def _named(directory: Directory, asked: Asked) -> Principal:
    """By object id, and people by their principal name too. Authorized first."""
    name = asked.name
    asked.sight(directory).need_one(asked.kind, name.lower())
    kind = COLLECTIONS[asked.kind]
    if _is_guid(name):
        found = directory.by_id(name.lower())
    else:
        names = names_of(name) if kind == "User" else ()
        found = next(iter(directory.named(kind, names)), None)
    if found is None or found.kind != kind:
        raise NotFound(
            f"Resource `{name[:80]}` does not exist or one of its queried reference-property "
            "objects are not present.",
            code="Request_ResourceNotFound",
        )
    return found


def _one(directory: Directory, asked: Asked, principal: Principal) -> Response:
    shown = documents.document(principal, directory.guests([principal]))
    return answer(_selected(asked, shown))


def _page(directory: Directory, asked: Asked, found: Sequence[Principal], limit: int) -> Response:
    shown = found[:limit]
    guests = directory.guests(shown)
    rows = [_selected(asked, documents.document(each, guests)) for each in shown]
    page: dict[str, Any] = {"value": rows}
    if len(found) > limit:
        again = ("$filter", "$select")
        kept: dict[str, str] = {name: asked.query[name] for name in again if name in asked.query}
        kept |= {"$top": str(limit), "$skiptoken": shown[-1].name}
        pairs = "&".join(f"{name}={quote(value)}" for name, value in kept.items())
        page["@odata.nextLink"] = f"{asked.origin}/v1.0/{asked.kind}?{pairs}"
    return answer(page)


def _selected(asked: Asked, shown: documents.Document) -> documents.Document:
    names = [name.strip() for name in asked.query.get("$select", "").split(",") if name.strip()]
    return {name: shown.get(name) for name in names} if names else shown


def _limit(text: str) -> int:
    found = numbers.whole(text, 1, LARGEST_PAGE)
    if found is None:
        raise Invalid(f"`$top` is a number from 1 to {LARGEST_PAGE}", target="$top")
    return found


def _checked(body: Any, shape: type[T]) -> T:
    try:
        return msgspec.convert(body, shape)
    except msgspec.ValidationError as error:
        raise Invalid(f"the body is not right: {error}") from None


def _is_guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
