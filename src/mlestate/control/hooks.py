"""Which webhook is to be told of what: kept in memory, and put in the outbox of the transaction
that makes it so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

import msgspec

from ..catalog import webhooks
from ..core.areas import ancestors, keys_of
from ..core.happenings import Happening, cloud_event
from ..core.resource import Resource
from ..store.cells import Cells
from ..store.database import Connection
from ..store.outbox import Letter, Outbox
from ..store.resources import Query, Resources

WEBHOOKS = webhooks.WEBHOOKS.name
MOST = 200


class Hook(msgspec.Struct, frozen=True):
    """`writer` is the object id of who wrote it last, at `written`; `scopes` are keys, in lower
    case, the empty one is all."""

    name: str
    writer: str
    written: float
    url: str
    events: frozenset[str]
    scopes: frozenset[str]

    def wants(self, one: Happening) -> bool:
        """Not of itself: one that is deleted would wait for its own end to be told."""
        if one.id.key == key_of(self.name):
            return False
        return one.type in self.events and not self.scopes.isdisjoint(ancestors(one.id.key))


class Hooks:
    """`changed` is to be called after every write of a webhook."""

    def __init__(self, cells: Cells, fresh_id: Callable[[], str]):
        self._cells, self._fresh_id = cells, fresh_id
        self._lock = threading.Lock()
        self._held: tuple[Hook, ...] | None = None

    def changed(self) -> None:
        with self._lock:
            self._held = None

    def all(self) -> tuple[Hook, ...]:
        with self._lock:
            if self._held is None:
                self._held = self._read()
            return self._held

    def named(self, name: str) -> Hook | None:
        return next((hook for hook in self.all() if hook.name == name), None)

    def tell(self, connection: Connection, happenings: Iterable[Happening]) -> int:
        """Put it in the outbox of this transaction, for all who want to know; how many letters."""
        hooks = self.all()
        letters = [
            letter
            for one in happenings
            if (wanted := [hook for hook in hooks if hook.wants(one)])
            for letter in self._letters(one, wanted)
        ]
        Outbox(connection).put(letters)
        return len(letters)

    def letter(self, one: Happening, hook: Hook) -> Letter:
        return next(iter(self._letters(one, [hook])))

    def _letters(self, one: Happening, hooks: Sequence[Hook]) -> Iterable[Letter]:
        id = self._fresh_id()
        body = msgspec.json.encode(cloud_event(id, one)).decode()
        for hook in hooks:
            yield Letter(
                event=id,
                webhook=hook.name,
                key=one.id.key,
                type=one.type,
                body=body,
                at=one.at,
                due_at=one.at,
            )

    def _read(self) -> tuple[Hook, ...]:
        with self._cells.estate.read() as connection:
            rows = Resources(connection).list(Query(type=WEBHOOKS, limit=MOST))
        return tuple(_hook(row) for row in rows if row.properties.get("enabled") is not False)


def key_of(name: str) -> str:
    return f"/providers/{WEBHOOKS}/{name}".lower()


def _hook(row: Resource) -> Hook:
    said = row.properties
    scopes = frozenset(key for one in said.get("scopes") or ["/"] for key in keys_of(str(one)))
    return Hook(
        name=row.name.lower(),
        writer=row.modified.id,
        written=row.modified.at,
        url=str(said["url"]),
        events=frozenset(webhooks.events(said["events"])),
        scopes=scopes,
    )
