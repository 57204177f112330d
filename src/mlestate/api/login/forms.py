"""Reading the forms of OAuth: small, and no field twice."""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request

from ...core.errors import Invalid, TooLarge

_LARGEST = 32 << 10
_MOST_FIELDS = 50


async def read_form(request: Request) -> dict[str, str]:
    """The fields of the body, and the client of a Basic header."""
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > _LARGEST:
            raise TooLarge(f"The form is over {_LARGEST >> 10} KiB.", code="invalid_request")
    return _fields(raw) | _basic(request.headers.get("authorization", ""))


def _fields(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(raw),
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        # What was sent is not said again: it may hold a secret.
        raise Invalid(
            "The body is not a form (application/x-www-form-urlencoded).", code="invalid_request"
        ) from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Invalid("A field of the form stands there twice.", code="invalid_request")
    return fields


def _basic(header: str) -> dict[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client, _, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # neither base64, nor of ASCII, nor UTF-8
        raise Invalid("The Basic header cannot be read.", code="invalid_request") from None
    return {"client_id": unquote_plus(client), "client_secret": unquote_plus(secret)}
