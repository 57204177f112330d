"""Webhooks that lead somewhere, and want to hear of what there is."""

from __future__ import annotations

from ...catalog import webhooks as rules
from ..reading.source import Source
from ..spec import Estate


def check(estate: Estate, source: Source) -> None:
    for name, webhook in estate.webhooks.items():
        for _, text in rules.NAME.check(name):
            source.key_fault(("webhooks", name), text)
        asked = rules.Webhook(url=webhook.url, events=list(webhook.events))
        for field, text in rules.faults(asked):
            head, _, index = field.partition("[")
            place = (head, int(index.rstrip("]"))) if index else (head,)
            source.fault(("webhooks", name, *place), text)
        for i, environment in enumerate(webhook.environments):
            if environment not in estate.environments:
                known = estate.environments
                source.unknown(
                    ("webhooks", name, "environments", i), "environment", environment, known
                )
