"""The same for the store of blobs, each with the status that is wanted, where there is one."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import quote

from tests.access.asking import Request
from tests.access.odd_requests import ADDRESS, HUGE, LONG, NUMBERS
from tests.access.two_workspaces import A, Two

Asked = tuple[int | None, Request]
PUT = {"x-ms-blob-type": "BlockBlob"}


def by_signature(two: Two) -> Iterator[Asked]:
    sas = two.sas_of("bo", A)
    place = f"{A.blobs}/{two.bo.container}"
    blob = f"{place}/odd.txt?{sas}"
    yield 201, Request("PUT", blob, b"numbat", PUT)
    yield from _headers(blob)
    yield from _written(blob)
    yield from _listed(place, sas)
    yield from _signed(place, sas)
    yield from _numbers(blob)


def _headers(blob: str) -> Iterator[Asked]:
    for source in (ADDRESS, "é", "%00", "https://localhost/_blob/%00/a/b", "https://a/%ff"):
        yield None, Request("PUT", blob, b"", {"x-ms-copy-source": source})
    yield 400, Request("PUT", blob, b"", {"x-ms-copy-source": ADDRESS})
    far = f"Mon, 01 Jan 0001 00:00:00 +{HUGE}"
    for moment in (far, "Mon, 01 Jan 0001 00:00:00 +2359", f"Mon, {LONG} Jan 1 00:00", "é", "\x7f"):
        for name in ("if-modified-since", "if-unmodified-since"):
            yield 400 if moment in (far, "é") else None, Request("GET", blob, None, {name: moment})


def _listed(place: str, sas: str) -> Iterator[Asked]:
    for marker in (
        "%00%ff",
        "AA==",
        "%c3%a9",
        "a",
        LONG,
        quote(base64.b64encode(b"\xff").decode()),
    ):
        yield None, Request("GET", f"{place}?restype=container&comp=list&marker={marker}&{sas}")
    listed = f"{place}?restype=container&comp=list&{sas}"
    for text in ("%00", "%01", "%F4%8F%BF%BF", "%ED%9F%BF", "%ff", "%", "'"):
        yield None, Request("GET", f"{listed}&prefix={text}")
        yield None, Request("GET", f"{listed}&delimiter={text}&prefix=o")
        yield None, Request("GET", f"{place}/{text}?{sas}")
        yield None, Request("PUT", f"{place}/{text}?{sas}", b"numbat", PUT)
    for number in NUMBERS:
        yield None, Request("GET", f"{listed}&maxresults={number}")


def _numbers(blob: str) -> Iterator[Asked]:
    for number in NUMBERS:
        for name in ("range", "x-ms-range"):
            for span in (f"bytes={number}-", f"bytes=0-{number}", f"bytes=-{number}"):
                yield None, Request("GET", blob, None, {name: span})
        leased = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": number}
        yield None, Request("PUT", f"{blob}&comp=lease", b"", leased)


def _written(blob: str) -> Iterator[Asked]:
    for id in ("%ff", "%c3%a9", "a", "", "A" * 5000, "%00"):
        yield 400, Request("PUT", f"{blob}&comp=block&blockid={id}", b"numbat")
    for name in ("content-md5", "x-ms-blob-content-md5"):
        for text in ("é", "<a>", "AA=="):
            yield 400, Request("PUT", blob, b"numbat", {**PUT, name: text})
    for text in (
        b"<?xml version='1.0' encoding='none'?><BlockList/>",
        b"<a" * 5000,
        b"\xff",
        b"",
        b"<x>&#0;</x>",
    ):
        yield 400, Request("PUT", f"{blob}&comp=blocklist", text)
    for tags in ("a", "%00=b", "é=b", "a=" + LONG):
        yield None, Request("PUT", blob, b"numbat", {**PUT, "x-ms-tags": tags})
    yield None, Request("PUT", blob, b"numbat", {**PUT, "x-ms-meta-a!b": "c"})
    yield None, Request("PUT", blob, b"numbat", {**PUT, "x-ms-meta-é": "c"})


def _signed(place: str, sas: str) -> Iterator[Asked]:
    for extra in (
        "sv=%00",
        "se=0001-01-01",
        "st=9999-12-31T23:59:59-23:59",
        "sip=%00",
        "sig=%ff",
        "skoid=%00",
        "si=%ff",
        "sdd=" + LONG,
        "sr=d",
    ):
        yield None, Request("GET", f"{place}/odd.txt?{extra}&{sas}")


def as_a_person(two: Two) -> Iterator[Asked]:
    for metadata in ("a!b", "1a"):
        target = f"{A.blobs}/odd-{metadata[0]}x?restype=container"
        yield 400, Request("PUT", target, b"", {f"x-ms-meta-{metadata}": "c"})
    key = f"{A.blobs}?restype=service&comp=userdelegationkey"
    for start in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "", "\x01", LONG):
        said = f"<KeyInfo><Start>{start}</Start><Expiry>{start}</Expiry></KeyInfo>".encode()
        yield 400, Request("POST", key, said)
    yield 413, Request("POST", key, b" " * (300 << 10))
    batch = f"{A.blobs}?comp=batch"
    yield 413, Request("POST", batch, b" " * (5 << 20))
    head = {"content-type": "multipart/mixed; boundary=b"}
    part = "--b\r\nContent-Type: application/http\r\nContent-ID: {}\r\n\r\n{}\r\n--b--\r\n"
    for id, inner in (
        ("é", f"DELETE /{two.bo.container}/none HTTP/1.1\r\nx-ms-date: é\r\n\r\n"),
        ("1", f"DELETE /{two.bo.container}/%00 HTTP/1.1\r\n\r\n"),
        (
            "1",
            f"DELETE /{two.bo.container}/a HTTP/1.1\r\nif-match: é\r\nif-modified-since: é\r\n\r\n",
        ),
        ("1", "é"),
        ("1", ""),
    ):
        yield None, Request("POST", batch, part.format(id, inner).encode(), head)
    nested = b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\na\r\n--c--\r\n"
    yield 400, Request("POST", batch, nested + b"--b--\r\n", head)
    yield 400, Request("POST", batch, b"", {"content-type": "é"})
