"""Which status each refusal has, and ARM's shape of an error."""

from __future__ import annotations

from typing import Any

from ..core import errors as e

STATUS: dict[type[e.PlatformError], int] = {
    e.PlatformError: 500,
    e.NotModified: 304,
    e.Invalid: 400,
    e.Unauthenticated: 401,
    e.Forbidden: 403,
    e.NotFound: 404,
    e.MethodNotAllowed: 405,
    e.Conflict: 409,
    e.Stale: 412,
    e.TooLarge: 413,
    e.RangeNotSatisfiable: 416,
    e.Unavailable: 503,
}


def status(error: e.PlatformError) -> int:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def body(error: e.PlatformError) -> dict[str, Any]:
    """ARM's error shape, nested as deep as the details go."""
    inner: dict[str, Any] = {"code": error.code, "message": str(error)}
    if error.target:
        inner["target"] = error.target
    if error.details:
        inner["details"] = [body(detail)["error"] for detail in error.details]
    return {"error": inner}
