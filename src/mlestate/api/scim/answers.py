"""Answers and refusals in the shapes of SCIM."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from ...core.errors import PlatformError, Unauthenticated
from .. import errors

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_TYPES = frozenset(
    {
        *("invalidFilter", "invalidPath", "invalidSyntax", "invalidValue"),
        *("mutability", "noTarget", "tooMany", "uniqueness"),
    }
)


def answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = msgspec.json.encode(content)
    return Response(body, status, headers, media_type="application/scim+json")


def refuse(error: PlatformError) -> Response:
    slow = isinstance(error, Unauthenticated) and error.code == "too_many_failures"
    status = 429 if slow else errors.status(error)
    told: dict[str, Any] = {"schemas": [ERROR], "status": str(status), "detail": str(error)}
    if error.code in _TYPES:
        told["scimType"] = error.code
    elif status == 400:
        told["scimType"] = "invalidValue" if error.details else "invalidSyntax"
    headers = {"www-authenticate": 'Bearer realm="scim"'} if status == 401 else {}
    return answer(told, status, {**headers, "x-ms-error-code": error.code})


def page(rows: list[Any], total: int, start: int) -> dict[str, Any]:
    return {
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(rows),
        "Resources": rows,
    }
