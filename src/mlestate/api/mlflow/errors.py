"""Refusals as MLflow clients know them: `error_code`, `message`, and the status number."""

from __future__ import annotations

import msgspec

from ...core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    PlatformError,
    RangeNotSatisfiable,
    TooLarge,
    Unauthenticated,
    Unavailable,
)


class NoSuchAddress(NotFound):
    code = "ENDPOINT_NOT_FOUND"


class NotOffered(PlatformError):
    """MLflow knows it, this platform does not do it."""

    code = "NOT_IMPLEMENTED"


# The first that fits; what is not here is a fault of ours.
_STATUS: tuple[tuple[type[PlatformError], int, str], ...] = (
    (Unauthenticated, 401, "UNAUTHENTICATED"),
    (Forbidden, 403, "PERMISSION_DENIED"),
    (NoSuchAddress, 404, "ENDPOINT_NOT_FOUND"),
    (NotFound, 404, "RESOURCE_DOES_NOT_EXIST"),
    (MethodNotAllowed, 405, "ENDPOINT_NOT_FOUND"),
    (Conflict, 400, "RESOURCE_ALREADY_EXISTS"),
    (TooLarge, 413, "INVALID_PARAMETER_VALUE"),
    (RangeNotSatisfiable, 416, "INVALID_PARAMETER_VALUE"),
    (Invalid, 400, "INVALID_PARAMETER_VALUE"),
    (NotOffered, 501, "NOT_IMPLEMENTED"),
    (Unavailable, 503, "TEMPORARILY_UNAVAILABLE"),
)


def refusal(error: PlatformError) -> tuple[int, bytes]:
    for kind, status, code in _STATUS:
        if isinstance(error, kind):
            return status, _body(code, str(error))
    return 500, _body("INTERNAL_ERROR", str(error))


def _body(code: str, message: str) -> bytes:
    return msgspec.json.encode({"error_code": code, "message": message})
