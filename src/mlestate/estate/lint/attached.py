"""Rules about storage that is pointed at."""

from __future__ import annotations

from collections.abc import Iterator

from .finding import Hit
from .subject import Subject, place


def storage_elsewhere(subject: Subject) -> Iterator[Hit]:
    for workspace, name, store in subject.datastores():
        if store.account is None or subject.pointers.storage(store.account) is None:
            whose = f"`{store.account}`" if store.account else "storage"
            yield Hit(
                subject.said(workspace, "datastores", name),
                f"datastore `{name}` is on {whose}, which is none of this estate's",
            )


def storage_in_other_region(subject: Subject) -> Iterator[Hit]:
    for workspace, name, store in subject.datastores():
        there = subject.pointers.storage(store.account) if store.account else None
        if there is not None and there.region != workspace.region:
            yield Hit(
                subject.said(workspace, "datastores", name),
                f"datastore `{name}` of `{place(workspace)}` in `{workspace.region}` reads from"
                f" `{there.region}`",
            )


def write_through(subject: Subject) -> Iterator[Hit]:
    for workspace, name, store in subject.datastores():
        if store.access == "write" and not subject.is_live(store):
            yield Hit(
                subject.said(workspace, "datastores", name, "access"),
                f"jobs of `{place(workspace)}` change what datastore `{name}` points at",
            )
