"""Handlers of blocks and of append blobs."""

from __future__ import annotations

from collections.abc import Callable

from ...blob import blocks
from ...blob.bodies import Body
from ...core.errors import Invalid
from ...store.blob_tables import Segment, Staged
from . import xml
from .answer import Answer, document, version, written
from .call import Call, new_of
from .copy import body_from_url
from .upload import Upload

_STORED = {"x-ms-request-server-encrypted": "true"}


def put_block(call: Call) -> Answer:
    block = call.request.query.get("blockid", "")
    body, headers = _body(call, Upload.stage)
    blocks.stage(call.cell, call.place, block, body, call.conditions())
    return Answer(201, _STORED | headers)


def put_block_list(call: Call) -> Answer:
    wanted = xml.block_list(call.document)
    new = new_of(call.request, whole=False)
    return Answer(
        201, written(blocks.commit(call.cell, call.place, wanted, new, call.conditions()))
    )


def get_block_list(call: Call) -> Answer:
    which = call.request.query.get("blocklisttype", "committed").lower()
    if which not in ("committed", "uncommitted", "all"):
        raise Invalid("blocklisttype is unknown.", code="InvalidQueryParameterValue")
    found, committed, staged = blocks.block_list(call.cell, call.place, call.conditions())
    headers = {"x-ms-blob-content-length": str(found.size if found else 0)}
    if found:
        headers |= version(found)
    text = ""
    if which != "uncommitted":
        text += _entries("CommittedBlocks", [part for part in committed if part.block])
    if which != "committed":
        text += _entries("UncommittedBlocks", staged)
    return document(f"<BlockList>{text}</BlockList>", headers)


def append_block(call: Call) -> Answer:
    body, headers = _body(call, Upload.finish)
    # To append is what the lesser right is for.
    conditions = call.request.conditions()
    found = blocks.append_body(
        call.cell,
        call.place,
        body,
        conditions,
        call.request.number("x-ms-blob-condition-appendpos"),
        call.request.number("x-ms-blob-condition-maxsize"),
    )
    place = {
        "x-ms-blob-append-offset": str(found.size - body.size),
        "x-ms-blob-committed-block-count": str(found.appended),
    }
    return Answer(201, written(found) | headers | place)


def _body(call: Call, end: Callable[[Upload, bytes | None], Body]) -> tuple[Body, dict[str, str]]:
    if call.request.header("x-ms-copy-source"):
        return body_from_url(call), {}
    assert call.upload is not None
    body = end(call.upload, call.request.md5())
    if not body.size:
        raise Invalid("A block has one byte at least.", code="InvalidHeaderValue")
    return body, {"Content-MD5": call.upload.md5} if call.upload.md5 else {}


def _entries(tag: str, found: list[Segment] | list[Staged]) -> str:
    inside = "".join(
        f"<Block><Name>{one.block}</Name><Size>{one.size}</Size></Block>" for one in found
    )
    return f"<{tag}>{inside}</{tag}>"
