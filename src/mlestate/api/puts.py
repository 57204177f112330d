"""`POST /estate/v1/resources`: many PUTs in one request, each answered as it would be alone.

What may be written by its id may be among them: ARM's resources, and the directory's principals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any

import msgspec
import structlog

from ..control.engine import Engine
from ..control.writing import Outcome
from ..core.access import Caller
from ..core.activity import by
from ..core.errors import Forbidden, Invalid, PlatformError
from ..core.resource import View
from ..identity.changes import Changes
from . import errors
from .arm import written
from .principal_documents import DIRECTORY, People, checked, put_one
from .principals import named
from .trail import Trail

MOST = 1000
_log = structlog.get_logger(__name__)


class Put(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    body: Any


class Puts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    value: list[Put]


class Answered(msgspec.Struct, frozen=True):
    """What a PUT of that id would have answered."""

    id: str
    status: int
    headers: dict[str, str]
    body: Any


def read(body: Any) -> list[Put]:
    """Raises Invalid."""
    puts = checked(body, Puts).value
    if len(puts) > MOST:
        raise Invalid(f"{len(puts)} at once are too many: send up to {MOST}", target="value")
    return puts


class Writer:
    def __init__(self, engine: Engine, people: People):
        self._engine, self._people = engine, people

    def put(self, caller: Caller, puts: Sequence[Put], seen: View, trail: Trail) -> dict[str, Any]:
        """The answers in the order of the PUTs. None may need another of them to be there."""
        mine = [put.id.startswith(DIRECTORY) for put in puts]
        principals = iter(self._principals(caller, list(compress(puts, mine)), trail))
        others = [put for put, directory in zip(puts, mine, strict=True) if not directory]
        resources = self._resources(caller, others, seen, trail)
        return {"value": [next(principals if directory else resources) for directory in mine]}

    def _resources(
        self, caller: Caller, puts: list[Put], seen: View, trail: Trail
    ) -> Iterator[Answered]:
        answers = self._engine.put_many(caller, [(put.id, put.body) for put in puts], seen)
        for put, answer in zip(puts, answers, strict=True):
            if isinstance(answer, Outcome):
                yield Answered(put.id, *written(self._engine, put.id, answer, seen))
            else:
                if isinstance(answer, Forbidden) and answer.refused is None:
                    answer.of(self._engine.refused(caller, "PUT", put.id))
                yield _refused(put, answer, trail)

    def _principals(self, caller: Caller, puts: list[Put], trail: Trail) -> list[Answered]:
        if not puts:
            return []
        try:
            with self._people.directory.changing(by(caller, trail.asked)) as changes:
                return [self._principal(caller, put, changes, trail) for put in puts]
        except PlatformError as error:
            return [_refused(put, error, trail) for put in puts]  # none of them was committed
        except Exception:  # noqa: BLE001 - the border: one must not take the others along
            _log.exception("PUTs that went together failed", first=puts[0].id)
            if len(puts) == 1:
                failed = PlatformError("the server failed at this: see its log")
                return [_refused(puts[0], failed, trail)]
            return [answer for put in puts for answer in self._principals(caller, [put], trail)]

    def _principal(self, caller: Caller, put: Put, changes: Changes, trail: Trail) -> Answered:
        try:
            kind, name = named(caller, "PUT", put.id)
            document, new = put_one(changes, kind, name, put.body)
        except PlatformError as error:
            return _refused(put, error, trail)
        return Answered(put.id, 201 if new else 200, {}, document)


def _refused(put: Put, error: PlatformError, trail: Trail) -> Answered:
    trail.note(error)
    status = errors.status(error)
    return Answered(put.id, status, {"x-ms-error-code": error.code}, errors.body(error))
