"""Values that no database holds, and questions that are too much for one: faults of whoever asks;
and what somebody did to a database.

Drivers say so each in their own way; none of them is imported for it.
"""

from __future__ import annotations

UNFIT = (
    "the database cannot hold a value of the request: a NUL, half a character, or a number beyond"
    " 64 bits"
)
TOO_MUCH = "the request is too much for the database: ask for less at once"
# Of SQLSTATE: data exceptions, and limits of the program.
_DATA, _LIMITS = "22", "54"
_MISREAD = ("JSON path error", "bad JSON path", "malformed JSON")
# Insufficient privilege, no such table, column or schema, no writing.
_ALTERED = ("42501", "42P01", "42703", "3F000", "25006")
_SAID = (
    "LIKE or GLOB pattern too complex",
    "Expression tree is too large",
    "too many SQL variables",
    "parser stack overflow",
)


def unfit(error: BaseException | None) -> bool:
    if isinstance(error, OverflowError | UnicodeEncodeError):
        return True
    # The drivers call it so that have none of SQLSTATE, for a value that they do not send.
    named = any(kind.__name__ in ("DataError", "TooBigError") for kind in type(error).__mro__)
    return named or _state(error).startswith(_DATA) or str(error).startswith(_MISREAD)


def too_much(error: BaseException | None) -> bool:
    return _state(error).startswith(_LIMITS) or str(error).startswith(_SAID)


def altered(error: BaseException | None) -> bool:
    """Whether somebody took a table away, or the right to use it."""
    return _state(error) in _ALTERED or str(error).startswith(("no such table", "no such column"))


def in_a_line(error: BaseException | None) -> str:
    return " ".join(str(error).split())


def _state(error: BaseException | None) -> str:
    return getattr(error, "sqlstate", None) or ""
