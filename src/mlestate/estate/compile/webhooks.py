"""Webhooks, each a resource of the estate. An environment is the resource groups that are in it."""

from __future__ import annotations

from collections.abc import Iterator

from ..desired import Desired, Json
from ..layout.places import Workspace
from ..spec import Estate
from ..spec.webhooks import Webhook

TYPE = "Mlestate.Organization/webhooks"


def webhooks(estate: Estate, workspaces: list[Workspace]) -> Iterator[Desired]:
    for name, webhook in estate.webhooks.items():
        body: dict[str, Json] = {
            "url": webhook.url,
            "events": list(webhook.events),
            "scopes": scopes(webhook, workspaces),
            "description": webhook.description,
            "enabled": webhook.enabled,
        }
        yield Desired(f"/providers/{TYPE}/{name}", TYPE, {"properties": body})


def scopes(webhook: Webhook, workspaces: list[Workspace]) -> list[Json]:
    if not webhook.environments:
        return ["/"]
    groups = (each.group for each in workspaces if each.environment in webhook.environments)
    return list(dict.fromkeys(groups))
