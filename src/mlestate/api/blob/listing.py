"""What lists have in common: the marker, the size of a page, the address they name."""

from __future__ import annotations

import base64
from xml.sax.saxutils import quoteattr

from ...blob.containers import PAGE
from ...core.errors import Invalid
from .request import PATH, Request, whole


def start(request: Request) -> str:
    """The name that the page starts with. A marker is that name, made opaque."""
    try:
        name = base64.urlsafe_b64decode(request.query.get("marker", "")).decode()
    except ValueError:
        name = "\0"
    if "\0" in name:
        raise Invalid("The marker is none of ours.", code="InvalidQueryParameterValue")
    return name


def next_marker(following: str | None) -> str:
    return "" if following is None else base64.urlsafe_b64encode(following.encode()).decode()


def most(request: Request) -> int:
    text = request.query.get("maxresults")
    limit = PAGE if text is None else whole(text, "maxresults")
    if limit < 1:
        raise Invalid("maxresults is 1 at least.", code="OutOfRangeQueryParameterValue")
    return min(limit, PAGE)


def endpoint(request: Request) -> str:
    """The account's address as the client knows it, ready for an XML attribute."""
    base = f"{request.scheme}://{request.host}/"
    if request.path.startswith(PATH):
        base += (
            request.path.removeprefix("/").split("/", 2)[0] + "/" + request.path.split("/", 3)[2]
        )
    return quoteattr(base)[1:-1]
