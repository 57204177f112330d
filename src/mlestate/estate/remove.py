"""Removing what no file names any more: dependants first, and nothing that holds data unasked.

Whether it holds any is asked of the server, right before it goes: what was written since the plan
counts. What stays, stays with all that it needs and all that stands in it, as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from ..core.errors import PlatformError, Unavailable
from .contents import Contents, ask, guarded, name
from .graph import above, reversed_of
from .outcome import Outcome
from .port import Pool, Port
from .removals import Removal
from .schedule import Crew, Schedule

_ASSIGNMENT = "microsoft.authorization/roleassignments"
# Of these, only what nobody owns keeps them: their own parts have gone before.
_CONTAINERS = ("microsoft.resources/subscriptions", "resourcegroups")


class Remover:
    """`named`: by name or id, what may go with the data in it. `tell` hears each outcome once."""

    def __init__(
        self,
        removals: Sequence[Removal],
        port: Port,
        named: Collection[str],
        tell: Callable[[Outcome], None],
    ):
        self._removals = {each.key: each for each in removals}
        self._port, self._tell = port, tell
        self._named = {each.rstrip("/").lower() for each in named}
        self._needs = {
            key: {each for each in removal.needs if each in self._removals}
            for key, removal in self._removals.items()
        }
        self._cut = ""

    def run(self, pool: Pool, tick: Callable[[], float], stop: Callable[[], str]) -> None:
        stay = self._staying()
        for key, why in stay.items():
            self._tell(Outcome(self._removals[key].desired.id, "kept", why))
        # Turned round: a thing waits until all that needs it is gone.
        waits = reversed_of(self._needs)
        schedule = Schedule([key for key in self._removals if key not in stay], waits)
        crew: Crew[Outcome] = Crew(pool, self._remove, tick)

        def batches() -> Iterable[list[str]]:
            while crew.room and not (self._cut or stop()) and (batch := schedule.take(1)):
                yield batch

        crew.run(batches, lambda outcome: self._settle(schedule, outcome))
        if why := self._cut or stop():
            for key in schedule.rest():
                self._tell(Outcome(self._removals[key].desired.id, "skipped", why))

    def _staying(self) -> dict[str, str]:
        """Why each stays that does, as far as the plan can tell."""
        stay: dict[str, str] = {}
        for key, removal in self._removals.items():
            if why := self._objection(removal, removal.contents, planned=True):
                stay[key] = why
        for key in self._removals.keys() - stay.keys():
            # What stands in it is part of how it can be used: its access, its computes.
            if root := next((each for each in above(key) if each in stay), None):
                stay[key] = _with(self._removals[root])
        open_keys = list(stay)
        while open_keys:
            current = open_keys.pop()
            for key in self._needs[current] - stay.keys():
                stay[key] = _with(self._removals[current])
                open_keys.append(key)
        return stay

    def _objection(self, removal: Removal, contents: Contents, planned: bool = False) -> str:
        """Why it must stay; empty where it may go."""
        kind = removal.desired.type.lower()
        users = [each for each in removal.dependants if _ASSIGNMENT not in each.lower()]
        if guarded(kind) and users:
            return f"`{name(users[0])}` uses it, and stays"
        foreign = kind.endswith(_CONTAINERS)
        if foreign and contents.inside:
            return f"`{contents.inside[0]}` stands in it, which no file made: delete that first"
        if contents.empty or self._is_named(removal) or (foreign and planned):
            return ""
        word = name(removal.desired.id)
        return f"it holds {contents}: to delete it with that, say `--prune --delete-data {word}`"

    def _is_named(self, removal: Removal) -> bool:
        return bool({removal.key, name(removal.key)} & self._named)

    def _remove(self, batch: list[str]) -> Outcome:
        removal = self._removals[batch[0]]
        address = removal.desired.id
        try:
            if guarded(removal.desired.type):
                now = ask(self._port, address).less(self._removals.keys())
                if why := self._objection(removal, now):
                    return Outcome(address, "kept", why)
            self._port.delete(address)
        except PlatformError as error:
            return Outcome(address, "failed", f"{error.code}: {error}")
        return Outcome(address, "deleted")

    def _settle(self, schedule: Schedule, outcome: Outcome) -> None:
        self._tell(outcome)
        key = outcome.id.lower()
        if outcome.result == "deleted":
            schedule.done(key)
        elif outcome.why.startswith(f"{Unavailable.code}: "):
            self._cut = "the estate no longer answered: run it again when it does"
        else:
            for each in schedule.drop(key):
                self._tell(
                    Outcome(self._removals[each].desired.id, "kept", _with(self._removals[key]))
                )


def _with(removal: Removal) -> str:
    return f"`{name(removal.desired.id)}` stays, and this with it"
