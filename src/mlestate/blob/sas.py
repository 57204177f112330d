"""Shared access signatures: mint and verify. Pure.

Who may mint, and what a signature opens, is decided elsewhere.
Three are Azure's, verified as Azure does: *service* and *account* signatures (an account key
signs) and *user delegation* (a key that the service gave to a user signs). One is ours, *bound*: a
container signature that names a principal and the right it derives from, so that whoever serves it
can ask again whether the principal still has that right.

The bound one only uses fields that Azure's clients know, since they drop all others: `skoid` for
the principal and `si` (Azure: the name of a stored policy) for scope, action and folder.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from urllib.parse import quote

import msgspec

from ..core import numbers
from ..core.errors import Forbidden, Invalid

VERSION = "2021-08-06"
_VERSION = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OVERRIDES = ("rscc", "rscd", "rsce", "rscl", "rsct")
_NARROWING = ("srh", "srq", "sduoid", "suoid")


class Target(msgspec.Struct, frozen=True):
    """What the request touches. `names` are what a client may have called the account."""

    names: tuple[str, ...]
    container: str = ""
    blob: str = ""


class Right(msgspec.Struct, frozen=True):
    """What a bound signature derives from, and the folder, or the one blob, that it is limited to
    (may be empty). Where a job asked, it holds while that lease of the job lives. `since` is when
    the account of who asked was made: it is not for another that has the object id later."""

    scope: str
    action: str
    folder: str = ""
    data: bool = False
    job: str = ""
    fence: int = 0
    since: float = 0.0


class Signed(msgspec.Struct, frozen=True):
    """A verified signature, in its own time and place.

    `kind` is service, account, delegation or bound; `principal` is set for the last two, `right`
    for the last. `resource` is where it holds: b, d, c; or s for an account's.
    """

    kind: str
    permissions: str
    resource: str
    principal: str = ""
    right: Right | None = None
    resource_types: str = ""
    overrides: dict[str, str] = {}


class DelegationKey(msgspec.Struct, frozen=True):
    """A user delegation key as the service hands it out; `value` is base64."""

    principal: str
    tenant: str
    start: str
    expiry: str
    service: str
    version: str
    value: str


def mint_bound(
    secret: bytes,
    account: str,
    container: str,
    principal: str,
    right: Right,
    permissions: str,
    expires: float,
) -> str:
    """A query string that opens a container as long as the principal keeps the right."""
    fields = {
        "sv": VERSION,
        "sr": "c",
        "sp": permissions,
        "se": stamp(expires),
        "skoid": principal,
        "si": _encode(msgspec.json.encode(right)),
    }
    fields["sig"] = _sign(_derived(secret, "bound"), _bound_text(account, container, fields))
    return "&".join(f"{key}={quote(value, safe='')}" for key, value in fields.items())


def delegation_key(
    secret: bytes,
    principal: str,
    tenant: str,
    start: str,
    expiry: str,
    version: str,
    since: float = 0.0,
) -> DelegationKey:
    """The same fields give the same key, so none is stored. Times are `2026-01-31T00:00:00Z`.
    `since` is when the principal's account was made; whoever has its object id later has others."""
    fields = (principal, tenant, start, expiry, "b", version)
    value = _digest(_derived(secret, "delegation"), "\n".join([*fields, str(since)]))
    return DelegationKey(*fields, base64.b64encode(value).decode())


def verify(
    query: Mapping[str, str],
    target: Target,
    account: str,
    keys: Iterable[str],
    secret: bytes,
    now: float,
    client: str = "",
    protocol: str = "https",
    since: Callable[[str], float] = lambda _: 0.0,
) -> Signed:
    """Forbidden `AuthenticationFailed` unless a known key signed it, for this place and time.

    `keys` are the account's keys; `client` is an IP address; `since` tells when a principal's
    account was made.
    """
    _in_time(query, now)
    _from_there(query, client, protocol)
    if "srt" in query or "ss" in query:
        return _account(query, target, keys)
    if query.get("skoid") and query.get("si"):
        return _bound(query, target, account, secret)
    return _service(query, target, keys, secret, now, since)


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> float:
    """Epoch seconds of an ISO 8601 time as signatures carry them; ValueError otherwise."""
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def reaches(folder: str, blob: str, prefix: str = "") -> bool:
    """Whether a blob is the folder's, or is itself what the signature is for; or, where no blob is
    meant, whether all names with the prefix are the folder's."""
    folder = folder.rstrip("/")
    return (blob != "" and blob == folder) or (blob or prefix).startswith(f"{folder}/")


def _account(query: Mapping[str, str], target: Target, keys: Iterable[str]) -> Signed:
    if "b" not in query.get("ss", ""):
        raise Forbidden("It is not for blobs.", code="AuthorizationServiceMismatch")
    names = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]
    if query["sv"] >= "2020-12-06":
        names.append("ses")
    texts = ["\n".join([name, *_values(query, names)]) + "\n" for name in target.names]
    _need_signature(query, [_key(key) for key in keys], texts)
    return Signed("account", query.get("sp", ""), "s", resource_types=query.get("srt", ""))


def _service(
    query: Mapping[str, str],
    target: Target,
    keys: Iterable[str],
    secret: bytes,
    now: float,
    since: Callable[[str], float],
) -> Signed:
    resource, delegated = query.get("sr", ""), bool(query.get("skoid"))
    if query.get("si"):
        raise _failed("Stored access policies are not supported.")
    if delegated and query["sv"] < "2018-11-09":
        raise _failed("A delegation key signs with a version (sv) from 2018-11-09 on.")
    signing = (
        [_delegated_key(query, secret, now, since)] if delegated else [_key(key) for key in keys]
    )
    texts = [
        _service_text(query, f"/blob/{name}{path}")
        for name in target.names
        for path in _paths(query, target)
    ]
    _need_signature(query, signing, texts)
    return Signed(
        "delegation" if delegated else "service",
        query.get("sp", ""),
        resource,
        principal=query.get("skoid", ""),
        overrides={key: query[key] for key in _OVERRIDES if key in query},
    )


def _bound(query: Mapping[str, str], target: Target, account: str, secret: bytes) -> Signed:
    text = _bound_text(account, target.container, query)
    _need_signature(query, [_derived(secret, "bound")], [text])
    right = msgspec.json.decode(_decode(query["si"]), type=Right)
    return Signed(
        "bound",
        query.get("sp", ""),
        "c",
        principal=query["skoid"],
        right=right,
    )


def _paths(query: Mapping[str, str], target: Target) -> list[str]:
    """What the signature may have been made for, to be allowed here."""
    match query.get("sr"):
        case "c":
            return [f"/{target.container}"]
        case "b" if target.blob:
            return [f"/{target.container}/{target.blob}"]
        # Of older versions nobody made one, and of the oldest `sr` is not signed.
        case "d" if target.blob and query["sv"] >= "2020-02-10":
            folders = target.blob.split("/")
            known = numbers.whole(query.get("sdd", ""), 0, len(folders))
            if known is not None:
                folder = "/".join(folders[:known])
                return [f"/{target.container}/{folder}".rstrip("/")]
    raise _failed("The signature is not for this resource.")


def _service_text(query: Mapping[str, str], resource: str) -> str:
    """The string to sign, whose lines depend on the version."""
    version = query["sv"]
    lines = [*_values(query, ["sp", "st", "se"]), resource]
    if query.get("skoid"):
        lines += _values(query, ["skoid", "sktid", "skt", "ske", "sks", "skv"])
        if version >= "2020-02-10":
            lines += _values(query, ["saoid", "suoid", "scid"])
        if version >= "2025-07-05":
            lines += _values(query, ["skdutid", "sduoid"])
    else:
        lines += _values(query, ["si"])
    lines += _values(query, ["sip", "spr", "sv"])
    if version >= "2018-11-09":
        lines += _values(query, ["sr", "snapshot"])
    if version >= "2020-12-06":
        lines += _values(query, ["ses"])
    if version >= "2026-04-06" and query.get("skoid"):
        # Signatures that bind request headers or query fields (`srh`, `srq`) are refused before.
        lines += ["", ""]
    return "\n".join([*lines, *_values(query, _OVERRIDES)])


def _bound_text(account: str, container: str, fields: Mapping[str, str]) -> str:
    signed = _values(fields, ["sp", "st", "se", "sip", "spr", "skoid", "si", "sv", "sr"])
    return "\n".join(["bound", account, container, *signed])


def _delegated_key(
    query: Mapping[str, str], secret: bytes, now: float, since: Callable[[str], float]
) -> bytes:
    start, expiry = query.get("skt", ""), query.get("ske", "")
    try:
        valid = moment(start) <= now < moment(expiry)
    except ValueError:
        valid = False
    if not valid or query.get("sks") != "b":
        raise _failed("The user delegation key is not valid now, or not for blobs.")
    who = query["skoid"]
    key = delegation_key(
        secret, who, query.get("sktid", ""), start, expiry, query.get("skv", ""), since(who)
    )
    return base64.b64decode(key.value)


def _in_time(query: Mapping[str, str], now: float) -> None:
    version = query.get("sv", "")
    if not _VERSION.fullmatch(version) or version < "2015-04-05":
        raise _failed("A signature needs a version (sv) from 2015-04-05 on.")
    # They would make it open less: to ignore one would be to open more.
    if any(query.get(field) for field in _NARROWING):
        raise _failed(f"Signatures with {', '.join(_NARROWING)} are not supported.")
    try:
        begins = moment(query["st"]) if query.get("st") else now
        ends = moment(query["se"])
    except (KeyError, ValueError):
        raise _failed("Its times (st, se) are missing or malformed.") from None
    if not begins <= now < ends:
        raise _failed("Signature not valid in this time frame.")


def _from_there(query: Mapping[str, str], client: str, protocol: str) -> None:
    if query.get("spr", "https,http") == "https" and protocol != "https":
        raise Forbidden("The signature is for https only.", code="AuthorizationProtocolMismatch")
    allowed = query.get("sip")
    if not allowed:
        return
    first, _, last = allowed.partition("-")
    try:
        inside = _between(client, first, last or first)
    except ValueError:
        inside = False
    if not inside:
        raise Forbidden("Not from this address.", code="AuthorizationSourceIPMismatch")


def _between(client: str, first: str, last: str) -> bool:
    return int(ip_address(first)) <= int(ip_address(client)) <= int(ip_address(last))


def _need_signature(query: Mapping[str, str], keys: list[bytes], texts: list[str]) -> None:
    given = query.get("sig", "").encode()
    for key in keys:
        for text in texts:
            if hmac.compare_digest(_sign(key, text).encode(), given):
                return
    raise _failed("Signature did not match.")


def _values(query: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """Lines of a text to sign. One that were two could be read as two fields."""
    values = [query.get(name, "") for name in names]
    if any("\n" in value for value in values):
        raise Invalid(
            "A field of the signature has a line break in it.", code="InvalidQueryParameterValue"
        )
    return values


def _derived(secret: bytes, purpose: str) -> bytes:
    """One secret, and no signature of one purpose is ever one of another."""
    return _digest(secret, f"mlestate blob {purpose}")


def _sign(key: bytes, text: str) -> str:
    return base64.b64encode(_digest(key, text)).decode()


def _digest(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _key(text: str) -> bytes:
    return base64.b64decode(text)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _failed(why: str) -> Forbidden:
    return Forbidden(
        f"Server failed to authenticate the request. {why}", code="AuthenticationFailed"
    )
