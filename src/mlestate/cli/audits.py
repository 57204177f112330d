"""The activity log on the command line: listed, exported, checked."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ..client.client import Client
from ..core.activity_filter import moment
from ..core.errors import Invalid
from ..core.ids import split_blob
from .options import Format
from .output import as_json, show, table
from .printable import in_a_line
from .reach import read_text, workspace_id

_STARTED = "Started"
EVENTS = "/providers/Microsoft.Insights/eventtypes/management/values"
VERIFY, HEADS = "/estate/v1/audit/verify", "/estate/v1/audit/heads"
_API = "2015-04-01"
_AGO = re.compile(r"(?P<count>[1-9][0-9]{0,5})(?P<unit>[mhd])")
_SECONDS = {"m": 60.0, "h": 3600.0, "d": 86_400.0}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_COLUMNS = ("when (UTC)", "who", "did", "on", "result")
_PAGE = 1000
Document = Mapping[str, Any]


class Wanted(msgspec.Struct, frozen=True):
    """What is empty is not asked for."""

    since: str = ""
    until: str = ""
    scope: str = ""
    by: str = ""
    status: str = ""
    correlation: str = ""

    def filter(self, scope: str, now: float) -> str:
        ends = _day_after(self.until) if _DAY.fullmatch(self.until) else ""
        said = {
            "eventTimestamp ge": self.since and _moment(self.since, now),
            "eventTimestamp lt": ends,
            "eventTimestamp le": "" if ends else self.until and _moment(self.until, now),
            "resourceUri eq": scope,
            "caller eq": self.by,
            "status eq": self.status,
            "correlationId eq": self.correlation,
        }
        quoted = {words: value.replace("'", "''") for words, value in said.items() if value}
        return " and ".join(f"{words} '{value}'" for words, value in quoted.items())


def listed(client: Client, wanted: Wanted, top: int, form: str) -> None:
    found = list(islice(_events(client, wanted, min(top, _PAGE)), top))
    if form == "jsonl":
        return _lines(iter(found))
    show(found, Format(form), lambda: text(found))
    return None


def export(client: Client, wanted: Wanted, form: str) -> None:
    """A line for each event, the newest first, as they come."""
    if form != "jsonl":
        raise Invalid("an export is JSON Lines: say `-o jsonl`, or nothing")
    _lines(_events(client, wanted, _PAGE))


def heads(client: Client) -> None:
    print(as_json(client.page(HEADS, {})))


def verified(client: Client, head: Path | None, form: str) -> int:
    """0 where nothing is wrong."""
    return told(client.post(VERIFY, _kept(head)), form)


def check_at_rest(data: Path, head: Path | None, form: str) -> int:
    from ..app.at_rest import verify

    return told(verify(data, _kept(head)["value"]), form)


def accept(data: Path) -> int:
    from ..app.at_rest import accept

    for fault in accept(data, time.time()):
        print(in_a_line(f"{_place(fault.cell, fault.seq)}: {fault.what}"))
    print("the log goes on from what is there, and says so")
    return 0


def told(found: Document, form: str) -> int:
    """What was found, and the exit code that says so."""
    if form == "jsonl":
        raise Invalid("`verify` prints a table, JSON or YAML")
    show(found, Format(form), lambda: verdict(found))
    return 0 if found["whole"] else 1


def verdict(found: Document) -> str:
    faults = [fault for cell in found["value"] for fault in cell["faults"]]
    lines = [f"{_cell(each['cell'])}: {each['count']:,} events" for each in found["value"]]
    lines += [f"{_place(each['cell'], each['seq'])}: {each['what']}" for each in faults]
    return "\n".join([*map(in_a_line, lines), "tampered with" if faults else "whole"])


def text(found: Sequence[Document]) -> str:
    return table([_row(event) for event in found], _COLUMNS) or "nothing was found"


def _row(event: Document) -> Document:
    return {
        "when (UTC)": str(event["eventTimestamp"])[:19].replace("T", " "),
        "who": event["caller"],
        "did": _did(event),
        "on": _on(str(event["resourceId"])),
        "result": _result(event),
    }


def _did(event: Document) -> str:
    """Such as `jobs/write`: the last type of the action and its verb."""
    action = str(event["operationName"]["value"]).removesuffix("/action").split("/")
    return "/".join(action[-2:])


def _on(resource: str) -> str:
    """Names alone, from the resource group on; that of a blob is all that is behind `blobs`."""
    container, blob = split_blob(resource)
    if blob:
        return f"{_on(container)}/{blob}"
    words = resource.strip("/").split("/")
    if words[:1] != ["subscriptions"]:
        return "/".join(words[-2:])
    names = words[1::2] if "providers" not in words else _names(words)
    return "/".join(names[1:]) or f"subscription {words[1]}"


def _names(words: Sequence[str]) -> list[str]:
    """Every other word, beginning anew behind each provider's namespace."""
    at = words.index("providers")
    return [*words[1:at:2], *_after(words[at + 2 :])]


def _after(words: Sequence[str]) -> list[str]:
    return _names(words) if "providers" in words[::2] else list(words[1::2])


def _result(event: Document) -> str:
    said = event["properties"]
    refused = said.get("statusCode") == "Forbidden"
    return result(str(event["status"]["value"]), refused, int(said.get("requests") or 1))


def result(status: str, refused: bool, times: int) -> str:
    """How it ended, in a word: what was refused for want of rights is told from what failed."""
    word = "Denied" if refused else status
    return f"{word} ×{times}" if times > 1 else word


def _events(client: Client, wanted: Wanted, page: int) -> Iterator[Document]:
    scope = _scope(client, wanted.scope) if wanted.scope else ""
    asked = {"api-version": _API, "$top": str(page)}
    if said := wanted.filter(scope, time.time()):
        asked["$filter"] = said
    # How it ended is one line, and how it began is none.
    return (each for each in client.list(EVENTS, asked) if each["status"]["value"] != _STARTED)


def _scope(client: Client, name: str) -> str:
    if name.startswith("/"):
        return name.rstrip("/")
    for each in client.list("/subscriptions"):
        if name.lower() in (str(each.get("displayName")).lower(), str(each["subscriptionId"])):
            return str(each["id"])
    return workspace_id(client, name)


def _day_after(day: str) -> str:
    """When the day is over."""
    return datetime.fromtimestamp(moment(day) + _SECONDS["d"], UTC).isoformat()


def _moment(said: str, now: float) -> str:
    ago = _AGO.fullmatch(said)
    at = now - int(ago["count"]) * _SECONDS[ago["unit"]] if ago else moment(said)
    return datetime.fromtimestamp(at, UTC).isoformat()


def _lines(found: Iterator[Document]) -> None:
    for event in found:
        sys.stdout.write(as_json(event) + "\n")


def _kept(head: Path | None) -> dict[str, Any]:
    if head is None:
        return {"value": []}
    try:
        return {"value": json.loads(read_text(head))["value"]}
    except (ValueError, KeyError, TypeError):
        raise Invalid(f"`{head}` is not what `mlestate audit head` printed") from None


def _place(region: str, seq: int) -> str:
    """Of a fault: an event, or the log as a whole."""
    return f"{_cell(region)}, event {seq}" if seq else _cell(region)


def _cell(region: str) -> str:
    return region or "estate"
