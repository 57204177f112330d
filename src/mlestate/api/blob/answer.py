"""What a handler answers, and the headers that tell about blobs and containers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ...blob import leases
from ...blob.blobs import APPEND
from ...store.blob_tables import Blob, Container, Headers, Lease, Tier
from .request import http_date

XML = "application/xml"
# What XML 1.0 can't carry, not even escaped.
UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# In the value of a header.
UNFIT = re.compile("[\x00-\x08\x0a-\x1f\x7f]")


class Answer(msgspec.Struct, frozen=True):
    """A small `body`, or `pieces` of `length` bytes in all (a HEAD tells a length and has none)."""

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""
    pieces: Iterator[bytes] | None = None
    length: int | None = None


def speakable(text: str) -> str:
    """What XML cannot carry, replaced."""
    return UNSPEAKABLE.sub("\ufffd", text)


def header_value(text: str) -> str:
    """What a header cannot carry, replaced: a server cuts the connection over it."""
    return UNFIT.sub("?", text)


def document(text: str, headers: dict[str, str] | None = None, status: int = 200) -> Answer:
    body = f'<?xml version="1.0" encoding="utf-8"?>{text}'.encode()
    return Answer(status, {"Content-Type": XML} | (headers or {}), body)


def version(found: Blob | Container) -> dict[str, str]:
    return {"ETag": f'"{found.etag}"', "Last-Modified": http_date(found.modified)}


def written(found: Blob) -> dict[str, str]:
    return version(found) | {"x-ms-request-server-encrypted": "true"}


def metadata(values: dict[str, str]) -> dict[str, str]:
    return {f"x-ms-meta-{key}": value for key, value in values.items()}


def lease(held: Lease | None, now: float) -> dict[str, str]:
    headers = {
        "x-ms-lease-status": "locked" if leases.locked(held, now) else "unlocked",
        "x-ms-lease-state": leases.state(held, now).value,
    }
    if held and leases.state(held, now) is leases.State.LEASED:
        headers["x-ms-lease-duration"] = "infinite" if held.seconds is None else "fixed"
    return headers


def blob(found: Blob, now: float) -> dict[str, str]:
    """All that a read of properties tells, except the length and the MD5."""
    headers = (
        version(found)
        | lease(found.lease, now)
        | content(found.headers)
        | metadata(found.metadata)
        | {
            "x-ms-blob-type": found.kind,
            "x-ms-creation-time": http_date(found.created),
            "x-ms-server-encrypted": "true",
            "Accept-Ranges": "bytes",
        }
    )
    if found.kind == APPEND:
        headers["x-ms-blob-committed-block-count"] = str(found.appended)
    else:
        headers |= tier(found.headers.tier)
    if found.tags:
        headers["x-ms-tag-count"] = str(len(found.tags))
    if found.copy:
        headers |= {
            "x-ms-copy-id": found.copy.id,
            "x-ms-copy-source": found.copy.source,
            "x-ms-copy-status": "success",
            "x-ms-copy-progress": f"{found.size}/{found.size}",
            "x-ms-copy-completion-time": http_date(found.copy.at),
        }
    return headers


def tier(set_to: Tier | None) -> dict[str, str]:
    if set_to is None:
        return {"x-ms-access-tier": "Hot", "x-ms-access-tier-inferred": "true"}
    changed = http_date(set_to.at)
    return {"x-ms-access-tier": set_to.name, "x-ms-access-tier-change-time": changed}


def content(headers: Headers) -> dict[str, str]:
    named = {
        "Content-Type": headers.content_type,
        "Content-Encoding": headers.encoding,
        "Content-Language": headers.language,
        "Content-Disposition": headers.disposition,
        "Cache-Control": headers.cache_control,
    }
    return {name: value for name, value in named.items() if value}
