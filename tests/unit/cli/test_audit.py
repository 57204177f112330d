"""What `mlestate audit list` asks for and shows."""

from __future__ import annotations

from typing import Any

from mlestate.cli.audits import Wanted, text
from mlestate.core.activity_filter import moment, parse

NOW = moment("2026-11-23T09:00:00Z")
BOX = (
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st"
    "/blobServices/default/containers/box"
)


def event(resource: str, **more: Any) -> dict[str, Any]:
    return {
        "eventTimestamp": "2026-11-23T08:00:00.123456Z",
        "caller": "ana",
        "operationName": {"value": "Microsoft.Storage/x/blobs/read"},
        "resourceId": resource,
        "status": {"value": "Succeeded"},
        "properties": {},
        **more,
    }


def test_the_head_says_of_which_zone_times_are():
    head, row = text([event(BOX)]).split("\n")
    assert head.startswith("WHEN (UTC)           WHO  DID")
    assert row == "2026-11-23 08:00:00  ana  blobs/read  rg/st/default/box  Succeeded"


def test_blobs_have_their_whole_names():
    names = ("sales/2025/q1.csv", "sales/2025/q2.csv", "blobs/a", "providers/b/c", "one.csv")
    shown = text([event(f"{BOX}/blobs/{name}") for name in names]).split("\n")[1:]
    assert [line.split()[4] for line in shown] == [f"rg/st/default/box/{name}" for name in names]


def test_no_name_makes_a_line_of_its_own_or_speaks_to_the_terminal():
    shown = text([event(f"{BOX}/blobs/a\n2026-11-23 08:00:01  eva  x\x1b[1A")])
    assert shown.count("\n") == 1
    assert "a\\n2026-11-23 08:00:01  eva  x\\x1b[1A" in shown


def test_a_day_is_meant_with_all_of_it():
    day = parse(Wanted(since="2026-11-01", until="2026-11-01").filter("", NOW))
    assert day.since is not None
    assert day.until is not None
    assert day.since < moment("2026-11-01T00:00:00Z")
    assert moment("2026-11-01T23:59:59.999999Z") <= day.until < moment("2026-11-02")
    ago = parse(Wanted(until="2h").filter("", NOW))
    assert ago.until is not None
    assert abs(ago.until - (NOW - 7200)) < 1e-5
