"""A plan as people read it."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from mlestate.app import holders
from mlestate.cli.plans import as_text, field, how_it_stands
from mlestate.core.bundle import Bundle
from mlestate.estate.applying.lease import Holder
from mlestate.estate.applying.reconcile import Wanted, carry_out, survey
from mlestate.estate.planning import record as records
from mlestate.estate.planning.compare import Difference
from mlestate.estate.port import OneByOne
from tests.estates import SMALL, Bulk, broken

LOCK = ("prod: {subscription: one", "prod: {subscription: one, lock: [resourceGroup, keyvault]")
ME = Holder("me", "here")
LEE = "{name: Lee, sponsor: ana, until: 2020-01-31, role: engineer, environments: [dev]}"
GUEST = ("fraud: {members:", f"fraud: {{guests: {{lee: {LEE}}}, members:")


def test_a_lock_is_said_with_what_it_stands_on():
    text = as_text(survey(Wanted(Bundle(broken(LOCK))), Bulk()))
    assert "  + lock `mlestate-keep` on `rg-fraud-prod`\n" in text
    assert text.count("lock `mlestate-keep` on `kvfraudprod") == 1


def test_lines_of_guests_whose_day_is_over_are_noted():
    asked = Wanted(Bundle(broken(GUEST)), "file.yaml", today=date(2026, 1, 1))
    text = as_text(survey(asked, Bulk()))
    assert "note: file.yaml:31:" in text
    assert "the last day of guest `lee` was 2020-01-31: nobody is let in by this" in text
    assert "users/lee" not in text


def applied(text: str = SMALL) -> Bulk:
    port = Bulk()
    carry_out(survey(Wanted(Bundle(text)), port), port, OneByOne(), ME, lambda: port.now)
    return port


def planned(port: Bulk, text: str, prune: bool = False) -> str:
    return as_text(survey(Wanted(Bundle(text), prune=prune), port))


def test_where_a_lock_goes_first_the_plan_says_so():
    locked = broken(LOCK)
    fewer = locked.replace("environments: [dev, prod]", "environments: [dev]")
    text = planned(applied(locked), fewer, prune=True)
    assert "- resourceGroups/rg-fraud-prod" in text
    lines = text.splitlines()
    vault = next(i for i, line in enumerate(lines) if "- vaults/kvfraudprod" in line)
    assert "is locked on `kvfraudprod" in lines[vault + 1]
    assert "is locked on `rg-fraud-prod`: that lock goes first" in text
    assert "is locked" not in planned(applied(locked), fewer), "nothing is to go"


def test_another_id_of_an_estate_is_noted_and_its_principals_are_marked():
    text = planned(applied(), SMALL.replace("id: small", "id: tiny", 1))
    assert "note: nothing was applied yet as `tiny`, and what is here was as `small`" in text
    assert "! `objectId` cannot change once set, and the server will refuse this" in text


def test_a_long_list_of_what_stays_is_but_counted_where_nothing_is_to_do():
    port = applied(broken(LOCK))
    fewer = broken(LOCK).replace("environments: [dev, prod]", "environments: [dev]")
    (only,) = planned(port, fewer).splitlines()
    assert only.startswith("nothing to do: ")
    assert only.endswith(" no longer in the file stay (`--prune` lists them)")
    assert "- workspaces/mlw-fraud-prod" in planned(port, fewer, prune=True)


def test_a_successor_is_named_with_what_it_stands_in():
    port = applied()
    per_division = broken(("workspacePer: project", "workspacePer: division"))
    carry_out(survey(Wanted(Bundle(per_division)), port), port, OneByOne(), ME, lambda: port.now)
    text = planned(port, per_division, prune=True)
    assert "replaced by rg-claims-dev/mlw-claims-dev/cpu\n" in text


def test_application_insights_are_called_so():
    assert "  + applicationInsights/appi-fraud-dev\n" in planned(Bulk(), SMALL)


def test_where_two_long_values_differ_is_shown():
    shared = "/subscriptions/11111111/" + "a" * 80
    said = field(Difference("x", f"{shared}/dev", f"{shared}/prod"))
    assert said == 'x: …aaaaaaaaaaa/dev" -> …aaaaaaaaaaa/prod"'
    assert field(Difference("x", "one", None)) == 'x: "one" -> (nothing)'


def test_an_apply_whose_process_is_gone_was_cut_off(monkeypatch: pytest.MonkeyPatch):
    port = applied()
    record = records.find(port, "small")
    assert record is not None
    lease = records.Lease("me", "`here` (process 1)", "2026-11-23T10:33:04.124189Z")
    under_way = msgspec.structs.replace(record, state="Applying", under_way=True, lease=lease)
    assert how_it_stands(under_way) == (
        "`admin` on `here` (process 1) applies this estate since 2026-11-23 10:33:04 UTC"
    )
    monkeypatch.setattr(holders, "dead", lambda other: other == "me")
    assert how_it_stands(under_way).endswith(
        "that began at 2026-11-23 10:33:04 UTC was cut off: run it again"
    )
