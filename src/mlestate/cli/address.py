"""What a TYPE and a NAME mean: the id of a resource, or a collection of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..catalog.names import GUID_PATTERN
from ..client.client import Client
from ..core.errors import Invalid, NotFound
from .kinds import Kind, Stands
from .reach import Document, everywhere, named, suggestion, workspace_id

_GUID = re.compile(GUID_PATTERN)


def resource(client: Client, kind: Kind, name: str, workspace: str) -> str:
    """`name` may be a whole id; `name:version` is a version of an asset."""
    if name.startswith("/"):
        return name.rstrip("/")
    match kind.stands:
        case Stands.ESTATE if kind.called:
            return _called(client, kind, name)
        case Stands.ESTATE:
            return f"{kind.path}/{name}"
        case Stands.ANYWHERE:
            return named(client.list(kind.path), kind.word, name)
        case Stands.GROUP:
            return named(everywhere(client, kind.path), kind.word, name)
        case Stands.WORKSPACE:
            return f"{_below(client, kind, workspace)}/{_versioned(kind, name)}"


def _called(client: Client, kind: Kind, name: str) -> str:
    """By its GUID, or by what people call it."""
    rows = list(client.list(kind.path))
    for each in rows:
        if str(each["name"]).lower() == name.lower():
            return _known_at(kind, each)
    if _GUID.fullmatch(name):
        return f"{kind.path}/{name}"
    known = {_known_at(kind, each): str(each["properties"][kind.called]) for each in rows}
    called = [id for id, said in known.items() if said.casefold() == name.casefold()]
    if len(called) == 1:
        return called[0]
    if called:
        raise Invalid(f"there are {len(called)} called `{name}`: say which id: {', '.join(called)}")
    near = suggestion(name, known.values())
    raise NotFound(
        f"no {kind.word} that you may read is called `{name}`{near or ': name it by its GUID'}"
    )


def _known_at(kind: Kind, document: Document) -> str:
    """A role's address where it can be given: whoever has rights there alone reaches it there."""
    scopes = document["properties"].get("assignableScopes") or ("/",)
    return f"{str(scopes[0]).rstrip('/')}{kind.path}/{document['name']}"


def to_be(client: Client, kind: Kind, name: str, workspace: str) -> str:
    """As `resource`, of what may not be there yet: of where it will stand, only an id can tell."""
    try:
        return resource(client, kind, name, workspace)
    except NotFound as error:
        if kind.stands not in (Stands.GROUP, Stands.ANYWHERE):
            raise
        type = kind.path.removeprefix("/providers/")
        id = f"/subscriptions/…/providers/{type}/{name}"
        raise NotFound(f"{error}; a new one is named by its whole id, `{id}`") from None


def collection(client: Client, kind: Kind, workspace: str) -> Iterator[Document]:
    match kind.stands:
        case Stands.ESTATE | Stands.ANYWHERE:
            return client.list(kind.path)
        case Stands.GROUP:
            return everywhere(client, kind.path)
        case Stands.WORKSPACE:
            return client.list(_below(client, kind, workspace))


def versions(client: Client, kind: Kind, name: str, workspace: str) -> Iterator[Document]:
    if not kind.versioned:
        raise Invalid(f"a {kind.word} has no versions: leave out --name")
    return client.list(f"{_below(client, kind, workspace)}/{name}/versions")


def _below(client: Client, kind: Kind, workspace: str) -> str:
    if not workspace:
        raise Invalid(f"a {kind.word} is in a workspace: name it with --workspace")
    return f"{workspace_id(client, workspace)}/{kind.path}"


def _versioned(kind: Kind, name: str) -> str:
    plain, colon, version = name.partition(":")
    return f"{plain}/versions/{version}" if kind.versioned and colon else name
