"""The protocol as a table of scenarios, step by step, to be run on Azurite and on ours alike.

A step is `METHOD path?query`, headers and a body. `{etag}` stands for the ETag of the last answer
that had one, `{account}` for the account's address, `{c}` for the scenario's own container.
"""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple
from urllib.parse import quote

ID = "7f0a3f7e-3b0c-4d63-8f53-7a2a0a8f3b11"
OTHER = "11111111-3b0c-4d63-8f53-7a2a0a8f3b22"
BLOCK = {"x-ms-blob-type": "BlockBlob"}
APPEND = {"x-ms-blob-type": "AppendBlob"}
PAST, FUTURE = "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"


class Step(NamedTuple):
    """`ours`: status and code where we differ from Azurite on purpose; the reason is beside."""

    line: str
    headers: dict[str, str] = {}
    body: bytes = b""
    ours: tuple[int, str] | None = None


def block(name: str) -> str:
    return base64.b64encode(name.encode()).decode()


def staging(name: str, body: bytes, blob: str = "b", container: str = "{c}") -> Step:
    return Step(f"PUT /{container}/{blob}?comp=block&blockid={quote(block(name))}", {}, body)


def block_list(*blocks: str, tag: str = "Latest") -> bytes:
    inside = "".join(f"<{tag}>{one}</{tag}>" for one in blocks)
    return f'<?xml version="1.0" encoding="utf-8"?><BlockList>{inside}</BlockList>'.encode()


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def lease(action: str, **headers: str) -> dict[str, str]:
    named = {f"x-ms-{key.replace('_', '-')}": value for key, value in headers.items()}
    return {"x-ms-lease-action": action} | named


PUT = Step("PUT /{c}/b", BLOCK, b"hello world")
A, B, C = block("a"), block("b"), block("c")
TAGS = b"<Tags><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tags>"

SCENARIOS: dict[str, list[Step]] = {
    "containers": [
        Step("PUT /{c}?restype=container"),
        Step("GET /{c}?restype=container"),
        Step("HEAD /{c}?restype=container"),
        Step("GET /{c}-none?restype=container"),
        Step("HEAD /{c}-none?restype=container"),
        Step("PUT /{c}?restype=container&comp=metadata", {"x-ms-meta-a": "1"}),
        Step("GET /{c}?restype=container&comp=metadata"),
        Step("GET /{c}?restype=container&comp=acl"),
        Step("GET /{c}?restype=container&comp=list"),
        Step("GET /{c}-none?restype=container&comp=list"),
        Step("DELETE /{c}-none?restype=container"),
        Step("DELETE /{c}?restype=container"),
        Step("GET /{c}?restype=container"),
        Step("PUT /{c}/b", BLOCK, b"x"),
    ],
    "put and get": [
        PUT,
        Step("GET /{c}/b"),
        Step("HEAD /{c}/b"),
        Step("GET /{c}/none"),
        Step("HEAD /{c}/none"),
        Step("GET /{c}-none/b"),
        Step("PUT /{c}/b", BLOCK | {"x-ms-blob-content-type": "text/plain"}, b"again"),
        Step("GET /{c}/b"),
        Step("PUT /{c}/empty", BLOCK),
        Step("GET /{c}/empty"),
        Step("DELETE /{c}/b"),
        Step("DELETE /{c}/b"),
        # Azurite names no code.
        Step("PUT /{c}/b", {}, b"no type", ours=(400, "MissingRequiredHeader")),
        Step("PUT /{c}/m", BLOCK | {"content-md5": md5(b"right")}, b"right"),
        # Azure's word; Azurite says InvalidOperation.
        Step(
            "PUT /{c}/m",
            BLOCK | {"content-md5": md5(b"wrong")},
            b"right",
            ours=(400, "Md5Mismatch"),
        ),
    ],
    "ranges": [
        PUT,
        Step("GET /{c}/b", {"x-ms-range": "bytes=0-4"}),
        Step("GET /{c}/b", {"range": "bytes=6-"}),
        Step("GET /{c}/b", {"x-ms-range": "bytes=6-100"}),
        # Azurite answers a range from 11 to 10.
        Step("GET /{c}/b", {"x-ms-range": "bytes=11-"}, ours=(416, "InvalidRange")),
        Step("GET /{c}/b", {"x-ms-range": "bytes=100-200"}),
        Step("PUT /{c}/empty", BLOCK),
        Step("GET /{c}/empty", {"x-ms-range": "bytes=0-10"}),
        Step("GET /{c}/b", {"x-ms-range": "bytes=0-4", "x-ms-range-get-content-md5": "true"}),
    ],
    "metadata and headers": [
        PUT,
        Step("PUT /{c}/b?comp=metadata", {"x-ms-meta-one": "1", "x-ms-meta-two": "2"}),
        # Azurite answers the whole blob to a GET, and metadata to a HEAD.
        Step("GET /{c}/b?comp=metadata", ours=(200, "")),
        Step("HEAD /{c}/b?comp=metadata"),
        Step("HEAD /{c}/b"),
        Step("PUT /{c}/b?comp=metadata"),
        Step("HEAD /{c}/b"),
        Step(
            "PUT /{c}/b?comp=properties",
            {"x-ms-blob-content-type": "text/csv", "x-ms-blob-cache-control": "no-store"},
        ),
        Step("HEAD /{c}/b"),
        Step("PUT /{c}/none?comp=metadata", {"x-ms-meta-one": "1"}),
        Step("PUT /{c}/none?comp=properties", {"x-ms-blob-content-type": "text/csv"}),
    ],
    "tags": [
        PUT,
        Step("PUT /{c}/b?comp=tags", {}, TAGS),
        Step("GET /{c}/b?comp=tags"),
        Step("HEAD /{c}/b"),
        Step("GET /{c}/none?comp=tags"),
        Step("PUT /{c}/t", BLOCK | {"x-ms-tags": "a=1&b=2"}, b"x"),
        Step("GET /{c}/t?comp=tags"),
    ],
    "conditions on reads": [
        PUT,
        Step("GET /{c}/b", {"if-match": "{etag}"}),
        Step("GET /{c}/b", {"if-match": '"0x0"'}),
        Step("GET /{c}/b", {"if-none-match": "{etag}"}),
        Step("HEAD /{c}/b", {"if-none-match": "{etag}"}),
        Step("GET /{c}/b", {"if-none-match": '"0x0"'}),
        Step("GET /{c}/b", {"if-modified-since": PAST}),
        Step("GET /{c}/b", {"if-modified-since": FUTURE}),
        Step("GET /{c}/b", {"if-unmodified-since": PAST}),
        Step("GET /{c}/b", {"if-unmodified-since": FUTURE}),
        Step("GET /{c}/none", {"if-match": '"0x0"'}),
    ],
    "conditions on writes": [
        PUT,
        Step("PUT /{c}/b", BLOCK | {"if-none-match": "*"}, b"x"),
        Step("PUT /{c}/new", BLOCK | {"if-none-match": "*"}, b"x"),
        Step("PUT /{c}/b", BLOCK | {"if-match": '"0x0"'}, b"x"),
        Step("PUT /{c}/b", BLOCK | {"if-unmodified-since": PAST}, b"x"),
        Step("PUT /{c}/b", BLOCK | {"if-modified-since": FUTURE}, b"x"),
        Step("PUT /{c}/none", BLOCK | {"if-match": '"0x0"'}, b"x"),
        Step("PUT /{c}/b?comp=metadata", {"if-match": '"0x0"', "x-ms-meta-a": "1"}),
        Step("DELETE /{c}/b", {"if-match": '"0x0"'}),
        Step("HEAD /{c}/b"),
        Step("DELETE /{c}/b", {"if-match": "{etag}"}),
    ],
    "blocks": [
        staging("a", b"one "),
        staging("b", b"two "),
        Step("HEAD /{c}/b"),
        # Azurite tells an ETag before there is a blob.
        Step("GET /{c}/b?comp=blocklist&blocklisttype=all", ours=(200, "")),
        Step("PUT /{c}/b?comp=blocklist", {"x-ms-meta-k": "v"}, block_list(A, B)),
        Step("GET /{c}/b"),
        Step("GET /{c}/b", {"x-ms-range": "bytes=2-5"}),
        Step("GET /{c}/b?comp=blocklist&blocklisttype=all"),
        staging("c", b"three "),
        Step("PUT /{c}/b?comp=blocklist", {}, block_list(C, A)),
        Step("GET /{c}/b"),
        Step("PUT /{c}/b?comp=blocklist", {}, block_list(B)),
        Step("PUT /{c}/b?comp=blocklist", {}, block_list(A, tag="Uncommitted")),
        Step("PUT /{c}/b?comp=blocklist", {}, block_list(A, tag="Committed")),
        Step("GET /{c}/b"),
        Step("PUT /{c}/b?comp=blocklist", {}, block_list()),
        Step("GET /{c}/b"),
        Step(
            "PUT /{c}/b?comp=blocklist",
            {},
            b"<BlockList><Latest>",
            ours=(400, "InvalidXmlDocument"),
        ),
        Step("GET /{c}/none?comp=blocklist"),
        staging("a", b"x", container="{c}-none"),
    ],
    "append blobs": [
        Step("PUT /{c}/log", APPEND),
        Step("PUT /{c}/log?comp=appendblock", {}, b"first\n"),
        Step("PUT /{c}/log?comp=appendblock", {"x-ms-blob-condition-appendpos": "6"}, b"second\n"),
        Step("PUT /{c}/log?comp=appendblock", {"x-ms-blob-condition-appendpos": "6"}, b"third\n"),
        Step("PUT /{c}/log?comp=appendblock", {"x-ms-blob-condition-maxsize": "14"}, b"third\n"),
        Step("GET /{c}/log"),
        Step("GET /{c}/log", {"x-ms-range": "bytes=4-8"}),
        Step("PUT /{c}/none?comp=appendblock", {}, b"x"),
        PUT,
        Step("PUT /{c}/b?comp=appendblock", {}, b"x"),
        staging("a", b"x", blob="log"),
    ],
    "copies": [
        Step(
            "PUT /{c}/s", BLOCK | {"x-ms-meta-k": "v", "x-ms-blob-content-type": "text/x"}, b"abc"
        ),
        Step("PUT /{c}/t", {"x-ms-copy-source": "{account}/{c}/s"}),
        Step("GET /{c}/t"),
        Step("PUT /{c}/u", {"x-ms-copy-source": "{account}/{c}/s", "x-ms-meta-new": "1"}),
        Step("HEAD /{c}/u"),
        Step("PUT /{c}/t", {"x-ms-copy-source": "{account}/{c}/none"}),
        Step("PUT /{c}/t", {"x-ms-copy-source": "{account}/{c}/s", "if-none-match": "*"}),
        Step("PUT /{c}/t", {"x-ms-copy-source": "{account}/{c}/s", "if-match": '"0x0"'}),
        Step(
            f"PUT /{{c}}/t?comp=copy&copyid={ID}",
            {"x-ms-copy-action": "abort"},
            ours=(409, "NoPendingCopyOperation"),
        ),
    ],
    "leases": [
        PUT,
        Step("PUT /{c}/b?comp=lease", lease("acquire", lease_duration="5")),
        Step("PUT /{c}/b?comp=lease", lease("acquire", lease_duration="15", proposed_lease_id=ID)),
        Step("HEAD /{c}/b"),
        Step("PUT /{c}/b?comp=lease", lease("acquire", lease_duration="15")),
        Step("PUT /{c}/b?comp=lease", lease("acquire", lease_duration="-1", proposed_lease_id=ID)),
        Step("PUT /{c}/b", BLOCK, b"x"),
        Step("PUT /{c}/b", BLOCK | {"x-ms-lease-id": OTHER}, b"x"),
        Step("PUT /{c}/b", BLOCK | {"x-ms-lease-id": ID}, b"x"),
        Step("PUT /{c}/b?comp=metadata", {"x-ms-meta-a": "1"}),
        Step("GET /{c}/b"),
        Step("GET /{c}/b", {"x-ms-lease-id": OTHER}),
        Step("DELETE /{c}/b"),
        Step("PUT /{c}/b?comp=lease", lease("renew", lease_id=OTHER)),
        Step("PUT /{c}/b?comp=lease", lease("renew", lease_id=ID)),
        Step("PUT /{c}/b?comp=lease", lease("change", lease_id=ID, proposed_lease_id=OTHER)),
        Step("PUT /{c}/b?comp=lease", lease("release", lease_id=ID)),
        Step("PUT /{c}/b?comp=lease", lease("break", lease_break_period="0")),
        Step("HEAD /{c}/b"),
        Step("PUT /{c}/b?comp=lease", lease("renew", lease_id=OTHER)),
        Step("PUT /{c}/b?comp=lease", lease("acquire", lease_duration="60", proposed_lease_id=ID)),
        Step("PUT /{c}/b?comp=lease", lease("break", lease_break_period="30")),
        Step("HEAD /{c}/b"),
        Step("PUT /{c}/b?comp=lease", lease("acquire", lease_duration="60")),
        Step("PUT /{c}/b?comp=lease", lease("change", lease_id=ID, proposed_lease_id=OTHER)),
        Step("PUT /{c}/b", BLOCK, b"x"),
        Step("PUT /{c}/b?comp=lease", lease("release", lease_id=ID)),
        Step("PUT /{c}/b?comp=lease", lease("release", lease_id=ID)),
        Step("PUT /{c}/b?comp=lease", lease("break")),
        Step("PUT /{c}/b", BLOCK | {"x-ms-lease-id": ID}, b"x"),
        Step("DELETE /{c}/b"),
    ],
    "leases on containers": [
        Step(
            "PUT /{c}?restype=container&comp=lease",
            lease("acquire", lease_duration="-1", proposed_lease_id=ID),
        ),
        Step("GET /{c}?restype=container"),
        PUT,
        Step("DELETE /{c}?restype=container"),
        Step("DELETE /{c}?restype=container", {"x-ms-lease-id": OTHER}),
        Step("PUT /{c}?restype=container&comp=lease", lease("acquire", lease_duration="-1")),
        Step("PUT /{c}?restype=container&comp=lease", lease("renew", lease_id=ID)),
        Step("PUT /{c}?restype=container&comp=lease", lease("release", lease_id=ID)),
        Step("DELETE /{c}?restype=container"),
    ],
    "what is not there": [
        PUT,
        Step("PUT /{c}/b?comp=nonsense", ours=(400, "UnsupportedQueryParameter")),
        Step("PUT /{c}/b", {"x-ms-blob-type": "Nonsense"}, ours=(400, "UnsupportedHeader")),
        Step("GET /?restype=service&comp=properties"),
        Step("GET /?comp=list&prefix={c}"),
        Step("HEAD /{c}/folder/"),
    ],
}
