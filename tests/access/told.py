"""Webhooks of the two workspaces' estate, and what they are told, carried by hand."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

from mlestate.client.webhook import Sender
from mlestate.control.courier import Courier
from tests.access.asking import Answer, Request
from tests.access.two_workspaces import B, Two
from tests.receiver import Receiver

HOOKS = "/providers/Mlestate.Organization/webhooks"
HOME = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


class AtOnce(Executor):
    """Carries each letter before it takes the next."""

    def submit(self, work: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        work(*arguments, **named)
        return Future()


@contextmanager
def courier_of(two: Two) -> Iterator[Courier]:
    """Afterwards it is now again, and there are no webhooks."""
    plane, withheld, send = two.estate.plane, two.estate.hearing.withheld, Sender(HOME).send
    yield Courier(plane.cells, plane.hooks, withheld, send, two.clock, lambda: 0.5, AtOnce())
    if two.clock.ahead:
        two.clock.ahead = 0.0
        two.log_in()
    for row in two.get("admin", HOOKS).json()["value"]:
        two.made("admin", Request("DELETE", row["id"]))


def carry(courier: Courier) -> None:
    while courier.step():
        pass


def hook(two: Two, heard: Receiver, name: str = "hub", who: str = "admin", **said: Any) -> Answer:
    body = {"url": heard.url, "events": ["*"], **said}
    return two.ask(who, Request("PUT", f"{HOOKS}/{name}", {"properties": body}))


def deliveries(two: Two, name: str = "hub", who: str = "admin") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = two.get(who, f"{HOOKS}/{name}/deliveries").json()["value"]
    return rows


def model(two: Two, version: int, place: Any = B, who: str = "eve") -> str:
    id = f"{place.workspace}/models/fox/versions/{version}"
    two.put(id, {"properties": {"modelUri": "azureml://x", "tags": {"stage": "qa"}}}, who)
    return id
