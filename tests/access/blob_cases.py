"""Requests of the blob protocol that are no row of the table of addresses by themselves: what
they take depends on their headers, or on what is in them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.access.asking import HOST, Request
from tests.access.two_workspaces import A, B, Bo

_PUT = {"x-ms-blob-type": "BlockBlob"}
_SOURCE = "x-ms-copy-source"
_LEASE = "00000000-0000-4000-8000-00000000000a"


def blob_cases(bo: Bo) -> Iterator[tuple[str, Request]]:
    """Copies go from bo's account to eve's, where who copies may write before they may read."""
    data, new = f"{A.blobs}/{bo.container}/numbat/data.csv", f"{B.blobs}/copies/numbat"
    source = {_SOURCE: f"https://{HOST}{data}"}
    for method in ("GET", "HEAD"):
        info = f"{A.blobs}?restype=account&comp=properties"
        yield f"account information by {method}", Request(method, info)
        info = f"{A.blobs}/{bo.container}?restype=account&comp=properties"
        yield f"the same of a container by {method}", Request(method, info)
    yield "a copy", Request("PUT", f"{new}.csv", b"", source)
    yield "a put from elsewhere", Request("PUT", f"{new}-put.csv", b"", {**source, **_PUT})
    block = f"{new}-block.csv?comp=block&blockid=bnVtYmF0"
    yield "a block from elsewhere", Request("PUT", block, b"", source)
    tagged = {**_PUT, "x-ms-tags": "numbat=1"}
    yield "a put with tags", Request("PUT", f"{A.blobs}/{bo.container}/numbat/t", b"", tagged)
    for action in ("acquire", "renew", "change", "release"):
        said = {
            "x-ms-lease-action": action,
            "x-ms-lease-duration": "15",
            "x-ms-lease-id": _LEASE,
            "x-ms-proposed-lease-id": _LEASE,
        }
        if action == "acquire":
            del said["x-ms-lease-id"]
        yield f"{action} a lease", Request("PUT", f"{data}?comp=lease", b"", said)
        place = f"{A.blobs}/{bo.container}?restype=container&comp=lease"
        yield f"{action} a container's lease", Request("PUT", place, b"", said)
    yield "a batch of tiers", _batch(bo, f"PUT /{bo.container}/numbat/data.csv?comp=tier", A.blobs)
    place = f"{A.blobs}/{bo.container}"
    delete = f"DELETE /{bo.container}/numbat/nothing"
    yield "a container's batch", _batch(bo, delete, place, "restype=container&")
    for include in ("metadata", "uncommittedblobs", "tags"):
        words = f"restype=container&comp=list&include={include}"
        yield f"a list with {include}", Request("GET", f"{place}?{words}")
    yield "a list of containers", Request("GET", f"{A.blobs}?comp=list&include=metadata")


def _batch(bo: Bo, line: str, place: str, words: str = "") -> Request:
    tier = "x-ms-access-tier: Cool\r\n"
    part = f"Content-Type: application/http\r\nContent-ID: 0\r\n\r\n{line} HTTP/1.1\r\n{tier}\r\n"
    body = f"--b\r\n{part}\r\n--b--\r\n".encode()
    kind = {"content-type": "multipart/mixed; boundary=b"}
    return Request("POST", f"{place}?{words}comp=batch", body, kind)
