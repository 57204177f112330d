"""An authorized request with all that its handler needs."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

import msgspec

from ...blob.blobs import New
from ...blob.cell import Cell, Place
from ...blob.conditions import Conditions
from ...core.errors import Invalid
from ...store.blob_tables import Headers
from .answer import Answer
from .authorize import Access
from .ports import Ports
from .request import Address, Request
from .upload import Upload


class Call(msgspec.Struct, frozen=True):
    """`perform` answers another request in this one's place: the parts of a batch."""

    request: Request
    access: Access
    cell: Cell
    ports: Ports
    perform: Callable[[Request], Answer]
    document: bytes = b""
    upload: Upload | None = None

    @property
    def address(self) -> Address:
        return self.request.address

    @property
    def place(self) -> Place:
        return self.request.address.place

    @property
    def now(self) -> float:
        return self.cell.clock()

    def conditions(self) -> Conditions:
        return self.request.conditions(self.access.create_only)


def headers_of(request: Request, whole: bool, md5: str = "") -> Headers:
    """Content headers of a write. Only with `whole` do the request's own describe the blob."""

    def said(name: str) -> str:
        own = request.header(name.removeprefix("x-ms-blob-")) if whole else ""
        return request.header(name) or own

    request.md5("x-ms-blob-content-md5")  # which has to be one
    return Headers(
        content_type=said("x-ms-blob-content-type") or "application/octet-stream",
        encoding=said("x-ms-blob-content-encoding"),
        language=said("x-ms-blob-content-language"),
        disposition=request.header("x-ms-blob-content-disposition"),
        cache_control=said("x-ms-blob-cache-control"),
        md5=request.header("x-ms-blob-content-md5") or md5,
    )


def new_of(request: Request, whole: bool, md5: str = "") -> New:
    headers = headers_of(request, whole, md5)
    tier = request.header("x-ms-access-tier")
    return New(headers, request.metadata(), tags_of(request), tier)


def tags_of(request: Request) -> dict[str, str]:
    text = request.header("x-ms-tags")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))
    except ValueError:
        raise Invalid("x-ms-tags is no query string.", code="InvalidHeaderValue") from None
    return dict(pairs)
