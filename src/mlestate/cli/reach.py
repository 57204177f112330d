"""From a command's options to a client that is logged in, and from names to ids."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..client.client import Client, several
from ..client.session import Session, find
from ..core.errors import Invalid, NotFound
from .output import note

if TYPE_CHECKING:
    from ..estate.reading.source import Source
    from ..estate.spec import Estate

WORKSPACES = "Microsoft.MachineLearningServices/workspaces"
Document = Mapping[str, Any]


def session(data: Path, url: str = "") -> Session:
    return find(data, os.environ, url)


def connect(data: Path, url: str = "") -> Client:
    return session(data, url).open(warn=lambda text: note(f"warning: {text}"))


def read_text(path: Path) -> str:
    """A file that the user named; `-` is standard input."""
    from ..app.estate_file import read

    return sys.stdin.read() if str(path) == "-" else read(path)


def spec(path: Path) -> Estate:
    """The estate file with what it includes, checked. Raises `Invalid` with every fault in it."""
    return spec_and_source(path)[0]


def spec_and_source(path: Path) -> tuple[Estate, Source]:
    """As `spec`, and where everything stands."""
    from ..estate.load import read

    texts = whole(path)
    return read(texts.pop(str(path)), str(path), texts)


def whole(path: Path) -> dict[str, str]:
    """The texts of an estate file and of what it includes, by their names; itself first."""
    from ..app.estate_file import texts

    return {"-": read_text(path)} if str(path) == "-" else texts(path)


def subscriptions(client: Client) -> list[str]:
    return [str(each["id"]) for each in client.list("/subscriptions")]


def everywhere(client: Client, type: str) -> Iterator[Document]:
    """All top-level resources of a type that the caller may read, in every subscription."""
    collections = [f"{each}/providers/{type}" for each in subscriptions(client)]
    with several() as workers:
        for rows in workers(lambda collection: list(client.list(collection)), collections):
            yield from rows


def named(documents: Iterable[Document], what: str, name: str) -> str:
    """The id of the one that has the name; refuses when there is none, or more than one."""
    known = {str(each["id"]): str(each["name"]) for each in documents}
    ids = [each for each, called in known.items() if called.lower() == name.lower()]
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise Invalid(f"there are {len(ids)} of the name `{name}`: say which id: {', '.join(ids)}")
    raise _not_found(what, name, known.values())


def workspace_id(client: Client, name: str) -> str:
    if name.startswith("/"):
        return name.rstrip("/")
    return named(everywhere(client, WORKSPACES), "workspace", name)


def need_workspace(client: Client, name: str) -> None:
    """Refuse a name, or an id, that no workspace has which the caller may read."""
    known = {str(each["id"]): str(each["name"]) for each in everywhere(client, WORKSPACES)}
    called = known if name.startswith("/") else known.values()
    if name.rstrip("/").lower() not in {each.lower() for each in called}:
        raise _not_found("workspace", name, called)


def _not_found(what: str, name: str, known: Iterable[str]) -> NotFound:
    return NotFound(f"there is no {what} `{name}` that you may read{suggestion(name, known)}")


def suggestion(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
