"""The outboxes of all cells: what waits in them for a webhook, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ...catalog.webhooks import WEBHOOKS
from ...control.engine import Computed
from ...control.hearing import Hearing
from ...control.hooks import Hooks
from ...control.plane import Plane
from ...control.reading import Page
from ...core.access import Caller
from ...core.errors import Conflict, NotFound
from ...core.happenings import Happening
from ...core.ids import Address
from ...core.lifecycle import Work
from ...core.resource import Resource
from ...core.times import iso
from ...store.cells import ESTATE
from ...store.outbox import Letter, Outbox

_SHOWN = 200
# So many of a cell are looked at for those that their reader may read.
_LOOKED_AT, _PAGE = 10_000, 1000


class Post:
    """Implements `providers.webhooks.Post`."""

    def __init__(self, plane: Plane, hooks: Hooks, hearing: Hearing):
        self._plane, self._hooks, self._hearing = plane, hooks, hearing

    def test(self, work: Work, webhook: Resource, happening: Happening) -> str:
        hook = self._hooks.named(webhook.name.lower())
        if hook is None:
            raise Conflict(f"`{webhook.name}` is not enabled")
        letter = self._hooks.letter(happening, hook)
        Outbox(work.connection).put([letter])
        return letter.event

    def redeliver(self, webhook: str, event: str) -> int:
        count, now = 0, self._plane.clock()
        for database in self._plane.cells.all():
            with database.write() as connection:
                count += Outbox(connection).redeliver(webhook, event, now)
        return count

    def drop(self, work: Work, webhook: str) -> None:
        """In other cells at once: should the deletion fail yet, what was to be told is lost."""
        Outbox(work.connection).drop(webhook)
        for database in self._plane.cells.regions.values():
            with database.write() as connection:
                Outbox(connection).drop(webhook)

    def computed(self) -> dict[str, Computed]:
        return {f"{WEBHOOKS.name}/deliveries": self._deliveries}

    def _deliveries(self, caller: Caller, address: Address, _asked: Mapping[str, str]) -> Page:
        """The newest first, of those that tell of what the caller may read."""
        caller.need(f"{WEBHOOKS.name}/read", str(address.id))
        if self._plane.load(address.id) is None:
            raise NotFound(f"there is no webhook `{address.id.name}`")
        name = address.id.name.lower()
        found: list[Letter] = []
        for region in (ESTATE, *self._plane.cells.regions):
            some = islice(self._newest(region, name), _LOOKED_AT)
            found += islice((one for one in some if self._hearing.may(caller, one)), _SHOWN)
        found.sort(key=lambda letter: -letter.at)
        return Page([_row(letter) for letter in found[:_SHOWN]])

    def _newest(self, region: str, webhook: str) -> Iterator[Letter]:
        """In one cell."""
        before: int | None = None
        limit = _SHOWN
        while True:
            with self._plane.cells.named(region).read() as connection:
                rows = Outbox(connection).list(webhook, limit, before)
            yield from rows
            if len(rows) < limit:
                return
            before, limit = rows[-1].seq, _PAGE


def _row(letter: Letter) -> dict[str, Any]:
    row = {
        "event": letter.event,
        "type": letter.type,
        "resource": letter.key,
        "state": letter.state,
        "tries": letter.tries,
        "answer": letter.answer,
        "at": iso(letter.at),
    }
    if letter.ended_at is None:
        return {**row, "dueAt": iso(letter.due_at)}
    return {**row, "endedAt": iso(letter.ended_at)}
