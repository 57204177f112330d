"""What the activity log has of people and groups."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.access.asking import House, Request

VALUES = "/providers/Microsoft.Insights/eventtypes/management/values"


def events_of(house: House, resource: str) -> list[Any]:
    """About a principal, such as `users/ana`; the oldest first."""
    asked = urlencode({"$filter": f"resourceUri eq '/estate/v1/{resource}'"})
    found = house.made("admin", Request("GET", f"{VALUES}?{asked}")).json()["value"]
    return list(reversed(found))
