"""SharedKey: a request signed with an account key, verified as Azure does. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

_SIGNED = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)


def text_to_sign(
    method: str,
    name: str,
    raw_path: str,
    query: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
) -> str:
    """`name` is the account as the client calls it; `raw_path` is as it came, still encoded.

    `headers` have lower-case names, `query` decoded values.
    """
    plain = [headers.get(key, "") for key in _SIGNED]
    if plain[2] == "0":
        plain[2] = ""
    own = [f"{key}:{headers[key]}" for key in sorted(headers, key=_weight) if key[:5] == "x-ms-"]
    parameters = [f"{key}:{value}" for key, value in _joined(query)]
    return "\n".join([method, *plain, *own, f"/{name}{raw_path}", *parameters])


def signed_by(signature: str, keys: Iterable[str], text: str) -> bool:
    given = signature.encode()
    return any(hmac.compare_digest(sign(key, text).encode(), given) for key in keys)


def _weight(name: str) -> tuple[str, str]:
    # The service sorts by culture: a hyphen only decides between names equal without it, and an
    # underscore comes before digits.
    return name.replace("-", "").replace("_", " "), name


def sign(key: str, text: str) -> str:
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _joined(query: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    values: dict[str, list[str]] = {}
    for key, value in query:
        values.setdefault(key.lower(), []).append(value)
    return [(key, ",".join(sorted(values[key]))) for key in sorted(values)]
