"""Webhooks in the estate file."""

from __future__ import annotations

from mlestate.estate.compile import compile_estate
from mlestate.estate.load import load
from tests.estates import SMALL
from tests.unit.estate.test_load import faults

ADDRESS = "/providers/Mlestate.Organization/webhooks"
SAID = 'url: "https://hooks.example.com/x", events: ["*.ModelRegistered"]'


def hooked(text: str) -> str:
    return f"{SMALL}webhooks:\n{text}"


def test_one_listens_in_environments_or_everywhere():
    text = f"  all: {{{SAID}}}\n  lower: {{{SAID}, environments: dev, enabled: false}}\n"
    made = {each.id: each.body for each in compile_estate(load(hooked(text)))}
    everywhere, lower = (made[f"{ADDRESS}/{name}"]["properties"] for name in ("all", "lower"))
    assert isinstance(everywhere, dict)
    assert isinstance(lower, dict)
    assert everywhere["scopes"] == ["/"]
    scopes = lower["scopes"]
    assert scopes
    assert all(str(scope).endswith("-dev") and scope in made for scope in scopes)
    assert (lower["enabled"], lower["events"]) == (False, ["*.ModelRegistered"])


def test_every_fault_has_its_place():
    text = (
        '  Hub: {url: "https://x/", events: ["*"]}\n'
        '  away: {url: "ftp://x", events: ["*"], environments: [dve]}\n'
        '  deaf: {url: "https://x/", events: ["*", "Models"]}\n'
        '  mute: {url: "https://x/", events: []}\n'
    )
    found = faults(hooked(text))
    assert [one.split(": ", 1)[1][:30] for one in found] == [
        "`Hub` is not a valid name: a-z",
        "is no address such as `https:/",
        "unknown environment `dve`; did",
        "`Models` is no event; there ar",
        "has 0: from 1 to 50",
    ]
    assert len({one.partition(": ")[0] for one in found}) == 5
