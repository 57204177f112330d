"""The activity log, asked; and live data that is recorded in it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.access.asking import REGION, Request
from tests.access.two_workspaces import BLOB_OWNER, A, Two

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
VALUES = "/providers/Microsoft.Insights/eventtypes/management/values"
LIVE = A.account.replace(f"st{A.mark}", "stlive")
BLOB = "/_blob/stlive/sales/2026/numbat.csv"
BOX = f"{LIVE}/blobServices/default/containers/sales"
STORAGE = "Microsoft.Storage/storageAccounts"
MODEL = f"{A.workspace}/models/tracked/versions/1"


def events(two: Two, said: str = "", who: str = "admin", at: str = "", **more: str) -> list[Any]:
    found, target = [], f"{at}{VALUES}?{urlencode({'$filter': said, **more})}"
    while target:
        page = two.made(who, Request("GET", target)).json()
        found += page["value"]
        target = page.get("nextLink", "").partition("8443")[2]
    return found


def of(two: Two, resource: str, **more: str) -> list[Any]:
    return events(two, f"resourceUri eq '{resource}'", **more)


def brief(found: list[Any]) -> list[tuple[str, str, str]]:
    """Who, what, how it ended; the oldest first."""
    return [
        (each["caller"], each["operationName"]["value"], each["status"]["value"])
        for each in reversed(found)
    ]


def by_role(event: Any) -> tuple[str, str]:
    """The role that decided, and where it is held."""
    return event["authorization"]["role"], event["properties"].get("grantedAt", "")


def live(two: Two) -> None:
    two.put(LIVE, {"location": REGION, "tags": {"live": "true"}})
    two.grant(LIVE, BLOB_OWNER, two.person("fay"))
    two.grant(LIVE, BLOB_READER, two.ids["bo"])
    two.made("fay", Request("PUT", "/_blob/stlive/sales?restype=container"))
    two.blob("fay", BLOB, b"numbat,1\n")
