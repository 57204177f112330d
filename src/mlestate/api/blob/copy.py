"""Handlers of what takes its bytes from another blob of the same region."""

from __future__ import annotations

from urllib.parse import urlsplit

from ...blob import blobs, copying, reading
from ...blob.bodies import Body
from ...blob.cell import Place
from ...core.errors import Forbidden, Invalid, NotFound
from ...store.blob_tables import Blob
from . import rules
from .answer import Answer, version, written
from .authorize import Access, authorize, by_caller, denial
from .call import Call, new_of
from .recorded import record
from .request import Request, build, need_text


def copy_blob(call: Call) -> Answer:
    """Done when it's answered, also where Azure would go on in the background."""
    found = _copy(call)
    assert found.copy is not None
    done = {"x-ms-copy-id": found.copy.id, "x-ms-copy-status": "success"}
    return Answer(202, version(found) | done)


def put_from_url(call: Call) -> Answer:
    """Like a put of the source's bytes."""
    return Answer(201, written(_copy(call)))


def body_from_url(call: Call) -> Body:
    """The source's bytes, or a range of them, as a body of its own."""
    span = call.request.range("x-ms-source-range")
    first, last = span if span else (None, None)
    opened = reading.open_range(
        call.cell, _source(call), first, last, call.request.source_conditions()
    )
    return blobs.write_body(call.cell, reading.pieces(call.cell, opened))


def _copy(call: Call) -> Blob:
    said = new_of(call.request, whole=False)
    own_headers = call.request.header("x-ms-copy-source-blob-properties").lower() == "false"

    def describe(source: Blob) -> blobs.New:
        """Metadata is the source's unless some is told; tags and the tier never come along."""
        headers = said.headers if own_headers else source.headers
        return blobs.New(headers, said.metadata or source.metadata, said.tags, said.tier)

    return copying.copy(
        call.cell,
        _source(call),
        call.place,
        describe,
        call.conditions(),
        call.request.source_conditions(),
        # The signature in it is a secret of its own.
        call.request.header("x-ms-copy-source").partition("?")[0],
    )


def _source(call: Call) -> Place:
    """Where the source is, once the caller was found to be allowed to read it."""
    try:
        parts = urlsplit(call.request.header("x-ms-copy-source"))
    except ValueError:
        name = "x-ms-copy-source"
        raise Invalid(f"{name} is no address.", code="InvalidHeaderValue", target=name) from None
    asked = build(
        "GET",
        call.request.scheme,
        parts.path,
        parts.query,
        {"host": parts.netloc} | _own_authorization(call.request),
        call.request.client,
        call.request.trail,
    )
    need_text(asked)
    if not asked.address.blob:
        raise NotFound("The copy source names no blob.", code="CannotVerifyCopySource")
    access = _readable(call, asked)
    account = access.account
    record(call.ports, asked, access, rules.GET_BLOB)
    if account.region != call.access.account.region:
        raise Forbidden(
            f"`{account.name}` is in {account.region}: bytes stay in their region.",
            code="CannotVerifyCopySource",
        )
    return asked.address.place


def _own_authorization(request: Request) -> dict[str, str]:
    given = request.header("x-ms-copy-source-authorization")
    return {"authorization": given} if given else {}


def _readable(call: Call, asked: Request) -> Access:
    # It is read, whatever else the words of its query would ask for.
    rule = rules.GET_BLOB
    if "sig" in asked.query or "authorization" in asked.headers:
        return authorize(call.ports, asked, rule)
    if call.access.caller is not None:
        account = call.ports.accounts.find(asked.address.account)
        return by_caller(account, call.access.caller, asked.address, rule)
    # The account's key opens all of the account, and a signature only what it was made for.
    same = asked.address.account == call.access.account.name.lower()
    if call.access.signed is None and same:
        return call.access
    source = call.ports.accounts.find(asked.address.account)
    raise Forbidden(
        f"The copy source is not readable with this authorization: it takes `{rule.action}` there. "
        "Send a signature in its address, or a token as `x-ms-copy-source-authorization`.",
        code="CannotVerifyCopySource",
    ).of(denial(call.access.bound, source, asked.address, rule))
