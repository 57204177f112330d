"""Handlers of whole blobs: put, get, change, lease, delete, tags."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from ...blob import blobs, reading
from ...core.errors import Conflict, Invalid
from ...store.blob_tables import Blob
from . import answer, xml
from . import lease as leasing
from .answer import Answer, document, version, written
from .call import Call, headers_of, new_of
from .copy import copy_blob, put_from_url

_LARGEST_CHECKED_RANGE = 4 << 20
_OVERRIDES = {
    "rscc": "Cache-Control",
    "rscd": "Content-Disposition",
    "rsce": "Content-Encoding",
    "rscl": "Content-Language",
    "rsct": "Content-Type",
}


def put_blob(call: Call) -> Answer:
    request = call.request
    kind = request.header("x-ms-blob-type")
    if request.header("x-ms-copy-source"):
        return put_from_url(call) if kind else copy_blob(call)
    if kind == blobs.APPEND:
        new = new_of(request, whole=True)
        return Answer(
            201, written(blobs.create_append(call.cell, call.place, new, call.conditions()))
        )
    if kind != blobs.BLOCK:
        code = "UnsupportedHeader" if kind else "MissingRequiredHeader"
        raise Invalid(f"x-ms-blob-type `{kind}` is not supported.", code=code)
    assert call.upload is not None
    body = call.upload.finish(request.md5())
    new = new_of(request, whole=True, md5=call.upload.md5)
    found = blobs.place_body(call.cell, call.place, body, new, call.conditions())
    return Answer(201, written(found) | {"Content-MD5": call.upload.md5})


def get_blob(call: Call) -> Answer:
    if call.request.method == "HEAD":
        found = blobs.get(call.cell, call.place, call.conditions())
        return Answer(200, _told(call, found) | _md5(found), length=found.size)
    span = call.request.range()
    first, last = span if span else (None, None)
    opened = reading.open_range(call.cell, call.place, first, last, call.conditions())
    pieces = reading.pieces(call.cell, opened)
    headers = _told(call, opened.blob)
    if first is None:
        return Answer(200, headers | _md5(opened.blob), pieces=pieces, length=opened.size)
    headers["Content-Range"] = (
        f"bytes {opened.first}-{opened.first + opened.size - 1}/{opened.blob.size}"
    )
    if opened.blob.headers.md5:
        headers["x-ms-blob-content-md5"] = opened.blob.headers.md5
    if call.request.header("x-ms-range-get-content-md5").lower() == "true":
        return _checked(opened, b"".join(_bounded(opened, pieces)), headers)
    return Answer(206, headers, pieces=pieces, length=opened.size)


def get_blob_metadata(call: Call) -> Answer:
    found = blobs.get(call.cell, call.place, call.conditions())
    return Answer(200, version(found) | answer.metadata(found.metadata))


def delete_blob(call: Call) -> Answer:
    blobs.delete(call.cell, call.place, call.conditions())
    return Answer(202, {"x-ms-delete-type-permanent": "true"})


def set_blob_metadata(call: Call) -> Answer:
    said = call.request.metadata()
    return Answer(200, written(blobs.set_metadata(call.cell, call.place, said, call.conditions())))


def set_blob_headers(call: Call) -> Answer:
    said = headers_of(call.request, whole=False)
    return Answer(200, version(blobs.set_headers(call.cell, call.place, said, call.conditions())))


def set_blob_tier(call: Call) -> Answer:
    """Kept and told. The bytes stay where they are, and a blob in `Archive` is read at once."""
    tier = call.request.header("x-ms-access-tier")
    if not tier:
        raise Invalid("x-ms-access-tier is missing.", code="MissingRequiredHeader")
    blobs.set_tier(call.cell, call.place, tier, call.conditions())
    return Answer(200)


def lease_blob(call: Call) -> Answer:
    wish = leasing.wish(call.request)
    return leasing.answer(
        call.request, *blobs.lease(call.cell, call.place, wish, call.conditions())
    )


def get_tags(call: Call) -> Answer:
    return document(xml.tags_document(blobs.get(call.cell, call.place, call.conditions()).tags))


def set_tags(call: Call) -> Answer:
    blobs.set_tags(call.cell, call.place, xml.tags(call.document), call.conditions())
    return Answer(204)


def abort_copy(call: Call) -> Answer:
    blobs.get(call.cell, call.place)
    raise Conflict("There is no pending copy operation.", code="NoPendingCopyOperation")


def _told(call: Call, found: Blob) -> dict[str, str]:
    signed = call.access.signed
    overrides = signed.overrides if signed else {}
    for name, value in overrides.items():
        if answer.UNFIT.search(value):
            raise Invalid(
                f"`{name}` has a control character in it.",
                code="InvalidQueryParameterValue",
                target=name,
            )
    return answer.blob(found, call.now) | {
        _OVERRIDES[key]: value for key, value in overrides.items()
    }


def _md5(found: Blob) -> dict[str, str]:
    return {"Content-MD5": found.headers.md5} if found.headers.md5 else {}


def _bounded(opened: reading.Opened, pieces: Iterator[bytes]) -> Iterator[bytes]:
    if opened.size > _LARGEST_CHECKED_RANGE:
        raise Invalid("An MD5 is told for 4 MiB at most.", code="OutOfRangeInput")
    return pieces


def _checked(opened: reading.Opened, data: bytes, headers: dict[str, str]) -> Answer:
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    return Answer(206, headers | {"Content-MD5": base64.b64encode(digest).decode()}, data)
