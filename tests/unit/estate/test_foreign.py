"""What a file was refused, or found there, is not its own; what it takes over is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mlestate.core.bundle import Bundle
from mlestate.core.errors import Conflict, Invalid, Unavailable
from mlestate.estate.applying.lease import Holder
from mlestate.estate.applying.outcome import Outcome
from mlestate.estate.applying.reconcile import Wanted, carry_out, survey
from mlestate.estate.load import load
from mlestate.estate.planning.drift import choose, drift
from mlestate.estate.port import OneByOne
from tests.estates import SMALL, Bulk, broken

ME = Holder("me", "`here`")
EVE = "/estate/v1/users/eve"
WITH_EVE = broken(("  ana: {name: Ana", "  eve: {name: Eve}\n  ana: {name: Ana"))


class Refusing(Bulk):
    """Refuses to write some, for a reason that no plan can know."""

    refused: str = EVE
    error: Exception = Conflict("not so")

    def put(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if id == self.refused:
            raise self.error
        return super().put(id, body)


def run(port: Bulk, text: str, prune: bool = False) -> list[Outcome]:
    found = survey(Wanted(Bundle(text), prune=prune), port)
    return carry_out(found, port, OneByOne(), ME, lambda: port.now)


def by_hand(port: Bulk) -> None:
    Bulk.put(port, EVE, {"displayName": "By hand"})


def test_what_was_there_and_could_not_be_changed_is_never_pruned():
    port = Refusing()
    run(port, SMALL)
    by_hand(port)
    run(port, WITH_EVE)
    run(port, WITH_EVE)
    assert port.record("small")["foreign"] == [EVE]
    found = drift(choose(port, ""), port)
    assert (found.changed, found.extra) == ([], [])
    run(port, SMALL, prune=True)
    assert EVE in port.documents
    assert "foreign" not in port.record("small")


def test_what_was_refused_and_made_by_somebody_else_since_is_never_pruned():
    port = Refusing()
    run(port, SMALL)
    run(port, WITH_EVE)
    by_hand(port)
    run(port, SMALL, prune=True)
    assert EVE in port.documents


def test_what_an_apply_never_came_to_and_somebody_made_since_is_never_pruned():
    port = Refusing()
    port.refused = "/estate/v1/servicePrincipals/bot"
    run(port, SMALL)
    group = "/estate/v1/groups/sg-ml-fraud-engineer-dev"
    assert group.lower() in port.record("small")["foreign"], "it waits for the bot"
    Bulk.put(port, group, {"displayName": "By hand"})
    run(port, broken(("{members: {scientist: science, engineer: bot}}", "{}")), prune=True)
    assert group in port.documents


def test_a_second_that_can_write_it_makes_it_the_files_own():
    port = Refusing()
    run(port, SMALL)
    by_hand(port)
    run(port, WITH_EVE)
    port.refused = ""
    step = survey(Wanted(Bundle(WITH_EVE)), port).plan.changes[0]
    assert (step.desired.id, step.action, step.adopts) == (EVE, "change", True)
    run(port, WITH_EVE)
    run(port, SMALL, prune=True)
    assert EVE not in port.documents


def test_where_the_server_went_away_what_it_was_asked_for_counts_as_made():
    port = Refusing()
    run(port, SMALL)
    port.error = Unavailable("nobody answers")
    run(port, WITH_EVE)
    by_hand(port)  # or it was made by the request that had no answer
    run(port, SMALL, prune=True)
    assert EVE not in port.documents


@pytest.mark.parametrize("name", ["admin", "Admin", "agent-westeurope", "me", "Me"])
def test_ids_of_those_who_are_there_before_any_file_are_refused(name: str):
    for text in (
        SMALL.replace("  bot: {name: Bot}", f"  bot: {{name: Bot}}\n  {name}: {{name: Mine}}"),
        SMALL.replace("  ana: {", f"  {name}: {{name: Mine}}\n  ana: {{"),
        SMALL.replace("  science: {", f"  {name}: {{name: Mine}}\n  science: {{"),
    ):
        with pytest.raises(Invalid) as caught:
            load(text)
        assert any(f"`{name}` is the server's own" in str(e) for e in caught.value.details)
    load(SMALL.replace("  bot: {name: Bot}", "  bot: {name: Bot}\n  agent-smith: {name: Mine}"))


@pytest.mark.parametrize("name", ["ana@mlestate.local", "adm\u0131n", "\u0430na"])
def test_a_file_declares_nobody_who_would_be_taken_for_somebody_else(name: str):
    with pytest.raises(Invalid) as caught:
        load(SMALL.replace("  bot: {name: Bot}", f"  bot: {{name: Bot}}\n  {name}: {{name: X}}"))
    assert any(f"`{name}` cannot be a name" in str(e) for e in caught.value.details)


def test_a_group_that_would_be_called_so_is_refused_too():
    naming = ("tags: {require", "naming: {group: 'agent-westeurope'}\ntags: {require")
    with pytest.raises(Invalid) as caught:
        load(broken(naming, ("scientist: science, ", "")))
    assert any("which is the server's own" in str(each) for each in caught.value.details)


def test_whoever_a_record_says_made_them_they_are_never_removed():
    port = Bulk()
    run(port, WITH_EVE)
    port.put("/estate/v1/servicePrincipals/admin", {"displayName": "Administrator"})
    record = next(iter(port._records.values()))
    left = [{"id": "/estate/v1/servicePrincipals/admin", "type": "mlestate/servicePrincipals"}]
    record.properties["left"] = left
    assert not survey(Wanted(Bundle(WITH_EVE), prune=True), port).plan.removals
