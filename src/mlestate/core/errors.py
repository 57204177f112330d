"""Every refusal the platform can give. HTTP status is chosen in `api`, by class."""

from __future__ import annotations

from typing import NamedTuple


class PlatformError(Exception):
    """Base. `code` is the stable word that clients match on; an instance may be more exact."""

    code = "InternalServerError"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        target: str = "",
        details: tuple[PlatformError, ...] = (),
    ):
        super().__init__(message)
        self.code = code or type(self).code
        self.target, self.details = target, details


class Unauthenticated(PlatformError):
    """No identity, or one that is not (or no longer) valid."""

    code = "InvalidAuthenticationToken"


class Refused(NamedTuple):
    """Who was refused what, where: for the record, and not for whoever asked."""

    principal: str
    name: str
    kind: str
    job: str
    action: str
    scope: str


class Forbidden(PlatformError):
    """The caller is known and may not do this."""

    code = "AuthorizationFailed"
    refused: Refused | None = None

    def of(self, refused: Refused | None) -> Forbidden:
        self.refused = refused
        return self


class NotFound(PlatformError):
    code = "ResourceNotFound"


class MethodNotAllowed(PlatformError):
    code = "MethodNotAllowed"


class Invalid(PlatformError):
    """The request itself is wrong; `details` holds every fault with its path in `target`."""

    code = "InvalidRequestContent"


class Conflict(PlatformError):
    """The request is right, and the state of things does not allow it."""

    code = "Conflict"


class Stale(PlatformError):
    """A condition on an etag does not hold."""

    code = "PreconditionFailed"


class NotModified(PlatformError):
    """`If-None-Match` holds: the caller has it already."""

    code = "ConditionNotMet"


class RangeNotSatisfiable(PlatformError):
    code = "InvalidRange"


class TooLarge(PlatformError):
    code = "RequestBodyTooLarge"


class Unavailable(PlatformError):
    """Nothing is wrong with the request; try again later."""

    code = "ServiceUnavailable"
