"""Rules about money and who answers for it."""

from __future__ import annotations

from collections.abc import Iterator

from .finding import Hit
from .subject import Subject

_SECONDS = {"s": 1, "m": 60, "h": 3600}
_LONG = 30 * 60


def nodes_always_on(subject: Subject) -> Iterator[Hit]:
    for path, settings in subject.layers():
        for name, compute in settings.computes.items():
            if compute.min:
                nodes = "1 node is" if compute.min == 1 else f"{compute.min} nodes are"
                yield Hit(
                    (*path, "computes", name, "min"), f"{nodes} paid for while `{name}` is idle"
                )


def slow_to_shrink(subject: Subject) -> Iterator[Hit]:
    for path, settings in subject.layers():
        for name, compute in settings.computes.items():
            idle = compute.idle
            if idle and int(idle[:-1]) * _SECONDS[idle[-1]] > _LONG:
                text = f"an idle node of `{name}` is paid for another {idle}"
                yield Hit((*path, "computes", name, "idle"), text)


def no_cost_center(subject: Subject) -> Iterator[Hit]:
    for rung in subject.levels():
        if rung.level.costcenter is not None and not rung.level.costcenter.strip():
            yield Hit((*rung.path, "costcenter"), f"nobody pays for `{rung.id}`")


def no_owner(subject: Subject) -> Iterator[Hit]:
    for rung in subject.levels():
        if rung.level.owner is not None and not rung.level.owner.strip():
            yield Hit((*rung.path, "owner"), f"nobody answers for `{rung.id}`")


def owner_is_a_person(subject: Subject) -> Iterator[Hit]:
    for rung in subject.levels():
        if rung.level.owner in subject.estate.people:
            text = f"`{rung.level.owner}` alone answers for `{rung.id}`"
            yield Hit((*rung.path, "owner"), text)
