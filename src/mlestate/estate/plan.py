"""What would change: the file against what there is. Only what the file states is compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from .compare import Difference, differences
from .desired import Desired, Document, Json
from .graph import levels
from .lookup import look_up
from .port import Bulk, Port, Workers

# The administrator and the agents: made by the first start, never by a file.
_OWN = re.compile(r"/estate/v1/serviceprincipals/(admin|agent-.*)")
# Who, by the server's word, gave them their rights.
_FOUNDER = "mlestate"

Action = Literal["create", "change", "keep"]


class Step(msgspec.Struct, frozen=True):
    """`reasons` says, for a change, which fields differ and how."""

    desired: Desired
    action: Action
    reasons: tuple[Difference, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """`levels` in the order of making; `extra` is there and not in the file, and stays."""

    levels: list[list[Step]]
    extra: list[str]

    @property
    def steps(self) -> list[Step]:
        return [step for level in self.levels for step in level]

    @property
    def changes(self) -> list[Step]:
        return [step for step in self.steps if step.action != "keep"]

    def count(self, action: Action) -> int:
        return sum(step.action == action for step in self.steps)

    @property
    def exit_code(self) -> int:
        """0 when there is nothing to do, 2 when there is."""
        return 2 if self.changes else 0


def plan(desired: Sequence[Desired], port: Port, workers: Workers = map) -> Plan:
    types = sorted({each.type for each in desired})
    seen = port.snapshot(types) if isinstance(port, Bulk) else {}
    # What the snapshot does not show may still be there: it is looked up before it is called new.
    unseen = [each.id for each in desired if each.id.lower() not in seen]
    actual = look_up(unseen, port, workers) | dict(seen)
    return Plan(
        [[step(each, actual.get(each.id.lower())) for each in level] for level in levels(desired)],
        _extra(desired, seen),
    )


def step(desired: Desired, actual: Document | None) -> Step:
    if actual is None:
        return Step(desired, "create")
    reasons = tuple(differences(desired.body, actual))
    return Step(desired, "change" if reasons else "keep", reasons)


def _extra(desired: Sequence[Desired], seen: Mapping[str, Document]) -> list[str]:
    """What a file could have named and this one does not."""
    named = {each.id.lower() for each in desired}
    others = {key: document for key, document in seen.items() if key not in named}
    own = {document.get("objectId") for key, document in others.items() if _OWN.fullmatch(key)}
    return sorted(
        str(document.get("id") or key)
        for key, document in others.items()
        if not _OWN.fullmatch(key)
        and _property(document, "createdBy") != _FOUNDER
        and _property(document, "type") != "BuiltInRole"
        and _property(document, "principalId") not in own - {None}
    )


def _property(document: Document, name: str) -> Json:
    properties = document.get("properties")
    return properties.get(name) if isinstance(properties, Mapping) else None
