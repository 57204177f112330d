"""Webhooks from the command line."""

from __future__ import annotations

from ..client.client import Client
from .options import Format
from .output import note, show, table

_COLUMNS = ("at", "type", "state", "tries", "answer", "resource", "event")


def deliveries(client: Client, name: str, output: Format) -> None:
    rows = list(client.list(f"{_id(name)}/deliveries"))
    shown = [{**row, "at": row["at"][:19].replace("T", " ")} for row in rows]
    show(rows, output, lambda: table(shown, _COLUMNS) or "it was told nothing yet")


def redeliver(client: Client, name: str, event: str) -> None:
    client.post(f"{_id(name)}/redeliver", {"event": event} if event else {})
    note("it is told again now: `mlestate webhooks deliveries` shows what comes of it")


def secret(client: Client, name: str) -> None:
    """On standard output alone, so that it can be put where the receiver reads it."""
    print(client.post(f"{_id(name)}/renewSecret", {})["secret"])
    note("it is shown this once; the one before it signs too for a day")


def test(client: Client, name: str) -> None:
    event = client.post(f"{_id(name)}/test", {})["event"]
    note(f"it is told now, as event {event}: `mlestate webhooks deliveries {name}` shows it")


def _id(name: str) -> str:
    return f"/providers/Mlestate.Organization/webhooks/{name}"
