"""A plan as people read it."""

from __future__ import annotations

from datetime import date

from mlestate.cli.plans import as_text
from mlestate.core.bundle import Bundle
from mlestate.estate.applying.reconcile import Wanted, survey
from tests.estates import Bulk, broken

LOCK = ("prod: {subscription: one", "prod: {subscription: one, lock: [resourceGroup, keyvault]")
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
    assert "the stay of guest `lee` ended on 2020-01-31: these lines can go" in text
    assert "users/lee" not in text
