"""A request of the protocol, parsed once, and what handlers read from it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

import msgspec

from ...blob.cell import Place
from ...blob.conditions import Conditions
from ...core import numbers
from ...core.errors import Invalid
from ..trail import Trail, trail_of

VERSION = "2021-08-06"
PATH = "/_blob/"
# The only forms that clients build from what they are told.
_BY_PATH = re.compile(r"([a-z0-9]{3,24})(?:\.blob(?:\.[a-z0-9-]+)+)?", re.I)
_BY_HOST = re.compile(r"([a-z0-9]{3,24})\.blob(?:\.[a-z0-9-]+)+\.?(?::[0-9]*)?", re.I)


class Address(msgspec.Struct, frozen=True):
    """`names` are what a client may call the account when it signs."""

    account: str
    names: tuple[str, ...]
    container: str
    blob: str

    @property
    def place(self) -> Place:
        return Place(self.account, self.container, self.blob)


class Request(msgspec.Struct, frozen=True):
    """Header names are in lower case; `path` is as it came, encoded, without query."""

    id: str
    method: str
    scheme: str
    host: str
    client: str
    path: str
    parameters: list[tuple[str, str]]
    query: dict[str, str]
    headers: dict[str, str]
    address: Address
    trail: Trail

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    @property
    def included(self) -> frozenset[str]:
        """What a list is to tell besides."""
        return frozenset(self.query.get("include", "").lower().split(","))

    @property
    def comp(self) -> str:
        return self.query.get("comp", "").lower()

    @property
    def version(self) -> str:
        return self.headers.get("x-ms-version", VERSION)

    def number(self, name: str) -> int | None:
        """A header that is a whole number; None when it was not sent."""
        text = self.headers.get(name)
        return None if text is None else whole(text, name)

    def conditions(self, create_only: bool = False) -> Conditions:
        return conditions(self.headers, "", self.headers.get("x-ms-lease-id"), create_only)

    def source_conditions(self) -> Conditions:
        return conditions(self.headers, "x-ms-source-", None)

    def metadata(self) -> dict[str, str]:
        return {
            name.removeprefix("x-ms-meta-"): value
            for name, value in self.headers.items()
            if name.startswith("x-ms-meta-")
        }

    def range(self, name: str = "x-ms-range") -> tuple[int, int | None] | None:
        """First and last byte; None for the whole. Like Azure, ignores suffix ranges."""
        text = self.headers.get(name) or (self.header("range") if name == "x-ms-range" else "")
        unit, _, span = text.partition("=")
        one, dash, two = span.strip().partition("-")
        first, last = numbers.whole(one), numbers.whole(two)
        if unit.strip() != "bytes" or not dash or first is None:
            return None
        if two and (last is None or last < first):
            raise Invalid(f"`{text}` is no range.", code="InvalidHeaderValue", target=name)
        return first, last

    def md5(self, name: str = "content-md5") -> bytes | None:
        text = self.headers.get(name)
        if not text:
            return None
        try:
            digest = base64.b64decode(text, validate=True)
        except ValueError:  # not base64, or not of ASCII
            digest = b""
        if len(digest) != 16:
            raise Invalid("An MD5 is base64 of 16 bytes.", code="InvalidMd5", target=name)
        return digest


def parse(scope: Mapping[str, Any]) -> Request:
    """An ASGI scope."""
    headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
    client = scope.get("client")
    return build(
        scope["method"],
        scope["scheme"],
        scope["raw_path"].decode("latin-1"),
        scope["query_string"].decode("latin-1"),
        headers,
        client[0] if client else "",
        trail_of(scope),
    )


def build(
    method: str,
    scheme: str,
    path: str,
    query: str,
    headers: dict[str, str],
    client: str,
    trail: Trail,
) -> Request:
    parameters = parse_qsl(query, keep_blank_values=True)
    host = headers.get("host", "")
    return Request(
        id=str(uuid4()),
        method=method,
        scheme=scheme,
        host=host,
        client=client,
        path=path,
        parameters=parameters,
        query=dict(reversed(parameters)),
        headers=headers,
        address=address(path, host),
        trail=trail,
    )


def address(path: str, host: str) -> Address:
    """By path, `/_blob/{account}[.blob.suffix]/container/blob`, or by the account's own host.

    What is written otherwise leads to no account: were it read as one, what somebody signed for one
    place could be read as another.
    """
    if path.startswith(PATH):
        first, _, rest = path.removeprefix(PATH).partition("/")
        found, also = _BY_PATH.fullmatch(first), [f"_blob/{first}"]
    else:
        found, also = _BY_HOST.fullmatch(host), []
        rest = path.removeprefix("/")
    container, _, blob = rest.partition("/")
    account = found[1] if found else ""
    names = (account, *also) if found else ()
    return Address(account.lower(), names, unquote(container), unquote(blob))


def need_text(request: Request) -> None:
    """Raises Invalid where a name or a parameter has a NUL in it: no database keeps one. And where
    a container's has a slash: what is written behind one is a blob's."""
    address = request.address
    if "\0" in address.account + address.container + address.blob:
        raise Invalid("The address has a NUL in it.", code="InvalidUri")
    if "/" in address.container:
        raise Invalid("A container's name has no slash in it.", code="InvalidUri")
    for key, value in request.parameters:
        if "\0" in key + value:
            raise Invalid(
                f"The parameter `{printable(key)}` has a NUL in it.",
                code="InvalidQueryParameterValue",
            )


def printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def conditions(
    headers: Mapping[str, str], prefix: str, lease: str | None, create_only: bool = False
) -> Conditions:
    return Conditions(
        match=_etag(headers.get(f"{prefix}if-match")),
        none_match=_etag(headers.get(f"{prefix}if-none-match")),
        modified_since=_time(headers.get(f"{prefix}if-modified-since")),
        unmodified_since=_time(headers.get(f"{prefix}if-unmodified-since")),
        lease=lease,
        create_only=create_only,
    )


def http_date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC), usegmt=True)


def moment_of_http(text: str) -> float | None:
    """Epoch seconds of an HTTP date; None when it's none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def whole(text: str, name: str) -> int:
    found = numbers.whole(text, -numbers.LARGEST)
    if found is None:
        raise Invalid(f"`{text}` is no whole number.", code="InvalidHeaderValue", target=name)
    return found


def _etag(text: str | None) -> str | None:
    return None if not text else text.strip().removeprefix("W/").strip('"')


def _time(text: str | None) -> float | None:
    if not text:
        return None
    moment = moment_of_http(text)
    if moment is None:
        raise Invalid(f"`{text}` is no HTTP date.", code="InvalidHeaderValue")
    return moment
