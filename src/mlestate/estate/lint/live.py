"""Rules about live data."""

from __future__ import annotations

from collections.abc import Iterator

from ..layout.places import subscription
from ..reading.source import Path
from .finding import Hit
from .subject import Subject, place

PRODUCTION = ("prod", "production", "prd", "live")


def live_write(subject: Subject) -> Iterator[Hit]:
    for workspace, name, store in subject.datastores():
        if store.access == "write" and subject.is_live(store):
            yield Hit(
                subject.said(workspace, "datastores", name, "access"),
                f"datastore `{name}` opens live data for writing from `{place(workspace)}`",
            )


def live_brought_down(subject: Subject) -> Iterator[Hit]:
    for workspace, name, store in subject.datastores():
        if not workspace.settings.live and subject.is_live(store):
            yield Hit(
                subject.said(workspace, "datastores", name),
                f"datastore `{name}` brings live data into `{place(workspace)}`, which is not live",
            )


def live_unlocked(subject: Subject) -> Iterator[Hit]:
    for workspace in subject.workspaces:
        held = workspace.settings.lock or ()
        if workspace.settings.live and not {"storage", "resourceGroup"} & set(held):
            path: Path = ("environments", workspace.environment)
            yield Hit(path, f"the live data of `{workspace.environment}` can be deleted by mistake")


def live_shares_subscription(subject: Subject) -> Iterator[Hit]:
    estate = subject.estate
    by_subscription: dict[str, dict[str, bool]] = {}
    for each in subject.workspaces:
        name = str(each.settings.subscription)
        environments = by_subscription.setdefault(name, {})
        environments[each.environment] = environments.get(each.environment, False) or bool(
            each.settings.live
        )
    for name, environments in by_subscription.items():
        others = [each for each, live in environments.items() if not live]
        for environment in (each for each, live in environments.items() if live and others):
            yield Hit(
                ("environments", environment, "subscription"),
                f"`{environment}` has live data and shares subscription `{name}`"
                f" ({subscription(estate, name).rpartition('/')[2][:8]}…) with `{others[0]}`",
            )


def production_not_live(subject: Subject) -> Iterator[Hit]:
    for name in subject.estate.environments:
        if name in PRODUCTION and name not in subject.live:
            yield Hit(
                ("environments", name), f"`{name}` is called production and nothing in it is live"
            )
