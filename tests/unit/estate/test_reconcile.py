"""An apply from end to end: whose is what, who may apply, and what is left by one cut off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mlestate.core.bundle import Bundle
from mlestate.core.errors import Conflict, Forbidden, Stale, Unavailable
from mlestate.estate.applying.lease import SECONDS, Holder, Lease
from mlestate.estate.applying.outcome import Outcome
from mlestate.estate.applying.reconcile import Wanted, carry_out, survey
from mlestate.estate.planning import record as records
from mlestate.estate.port import OneByOne
from tests.estates import SMALL, Bulk, another, broken

FRAUD = "mlw-fraud-dev"
RENAMED = (("  owner: science\n", "  owner: science\n"),)
ME, OTHER = Holder("me", "`here`"), Holder("other", "`there`")
WITHOUT_PROD = broken(("environments: [dev, prod]", "environments: [dev]"))
PER_DIVISION = broken(("workspacePer: project", "workspacePer: division"))


def run(
    port: Bulk,
    text: str = SMALL,
    prune: bool = False,
    delete: tuple[str, ...] = (),
    holder: Holder = ME,
) -> list[Outcome]:
    found = survey(Wanted(Bundle(text), prune=prune), port)
    return carry_out(found, port, OneByOne(), holder, lambda: port.now, delete)


def last(id: str) -> str:
    return id.rsplit("/", 1)[-1]


def names(outcomes: list[Outcome], result: str) -> set[str]:
    return {each.id.rsplit("/", 1)[-1] for each in outcomes if each.result == result}


def test_what_was_applied_is_recorded_and_the_lease_given_back():
    port = Bulk()
    run(port)
    said = port.record("small")
    assert (said["state"], said["files"]["main"], said["underWay"]) == ("Applied", SMALL, False)
    assert said["digest"] == Bundle(SMALL).digest
    assert "before" not in said


def test_an_apply_with_nothing_to_do_writes_nothing():
    port = Bulk()
    run(port)
    etag = port.record("small")["etag"]
    assert run(port) == []
    assert port.record("small")["etag"] == etag


def test_a_comment_that_changes_is_recorded_without_a_step():
    port = Bulk()
    run(port)
    assert run(port, SMALL + "# reviewed\n") == []
    assert port.record("small")["files"]["main"].endswith("# reviewed\n")


def test_only_what_a_file_made_is_ever_removed():
    port = Bulk()
    run(port)
    port.put("/estate/v1/users/eve", {"displayName": "Eve"})
    found = survey(Wanted(Bundle(WITHOUT_PROD), prune=True), port)
    assert found.plan.extra == ["/estate/v1/users/eve"]
    gone = {each.desired.id.rsplit("/", 1)[-1] for each in found.plan.removals}
    assert {"mlw-fraud-prod", "rg-fraud-prod", "sg-ml-fraud-engineer-prod"} < gone
    assert "mlw-fraud-dev" not in gone
    outcomes = run(port, WITHOUT_PROD, prune=True)
    assert names(outcomes, "deleted") == gone
    assert "/estate/v1/users/eve" in port.documents
    assert survey(Wanted(Bundle(WITHOUT_PROD), prune=True), port).plan.exit_code == 0


def test_without_prune_what_is_gone_from_the_file_stays_and_stays_owned():
    port = Bulk()
    run(port)
    assert names(run(port, WITHOUT_PROD), "deleted") == set(map(last, port.deletes))
    assert {each.split("/")[-2] for each in port.deletes} == {"roleAssignments"}
    assert survey(Wanted(Bundle(WITHOUT_PROD)), port).plan.exit_code == 0
    later = survey(Wanted(Bundle(WITHOUT_PROD), prune=True), port)
    assert len(later.plan.deletes) == len(later.plan.removals) == 7


def test_what_needs_another_is_removed_before_it():
    port = Bulk()
    run(port)
    run(port, WITHOUT_PROD, prune=True)
    order = [each.rsplit("/", 1)[-1] for each in port.deletes]
    grants = [each for each in port.deletes if "roleAssignments" in each]
    assert max(port.deletes.index(each) for each in grants) < order.index("mlw-fraud-prod")
    vault = next(each for each in order if each.startswith("kv"))
    assert order.index("mlw-fraud-prod") < order.index(vault) < order.index("rg-fraud-prod")
    group = order.index("sg-ml-fraud-engineer-prod")
    assert max(port.deletes.index(each) for each in grants) < group


def test_a_thing_that_another_estates_file_names_too_is_not_removed():
    port = Bulk()
    run(port)
    run(port, another("other"))
    outcomes = run(port, another("other").replace("11111111-1111", "22222222-1111"), prune=True)
    assert "rg-other-fraud-dev" in names(outcomes, "deleted")
    assert "/subscriptions/11111111-1111-1111-1111-111111111111" in port.documents


def workspace_holds(port: Bulk, **holds: int) -> None:
    (key,) = (each for each in port.documents if each.endswith("/mlw-fraud-prod"))
    port.inside[key] = {"holds": holds}


def test_what_holds_data_stays_with_all_that_it_needs_and_all_that_stands_in_it():
    port = Bulk()
    run(port)
    workspace_holds(port, jobs=3, models=1)
    outcomes = run(port, WITHOUT_PROD, prune=True)
    kept = {each.id.rsplit("/", 1)[-1]: each.why for each in outcomes if each.result == "kept"}
    assert kept["mlw-fraud-prod"] == (
        "it holds 3 jobs, 1 model: to delete it with that, "
        "say `--prune --delete-data mlw-fraud-prod`"
    )
    assert kept["rg-fraud-prod"] == "`mlw-fraud-prod` stays, and this with it"
    assert "sg-ml-fraud-engineer-prod" in names(outcomes, "deleted"), "access does not stay"
    assert port.deletes == [each.id for each in outcomes if each.result == "deleted"]
    assert any(each.endswith("/mlw-fraud-prod") for each in port.documents)
    # It is owned still, and can be removed once it is named.
    assert run(port, WITHOUT_PROD, prune=True, delete=("MLW-fraud-prod",))
    assert not any(each.endswith("/mlw-fraud-prod") for each in port.documents)


def test_what_was_written_since_the_plan_counts():
    port = Bulk()
    run(port)
    found = survey(Wanted(Bundle(WITHOUT_PROD), prune=True), port)
    workspace_holds(port, jobs=1)
    outcomes = carry_out(found, port, OneByOne(), ME, lambda: port.now)
    kept = names(outcomes, "kept")
    assert {"mlw-fraud-prod", "rg-fraud-prod"} < kept
    assert not any(each.endswith("/mlw-fraud-prod") for each in port.deletes)
    assert "mlw-fraud-prod" in {
        each["id"].rsplit("/", 1)[-1] for each in port.record("small")["left"]
    }


def test_a_group_in_which_someone_made_something_stays_even_if_it_is_named():
    port = Bulk()
    run(port)
    (key,) = (each for each in port.documents if each.endswith("/rg-fraud-prod"))
    port.inside[key] = {"inside": [f"{key}/providers/Microsoft.Storage/storageAccounts/mine"]}
    outcomes = run(port, WITHOUT_PROD, prune=True, delete=("rg-fraud-prod",))
    (group,) = (each for each in outcomes if each.id.endswith("/rg-fraud-prod"))
    assert group.result == "kept"
    assert "which no file made: delete that first" in group.why


def test_a_group_in_which_there_is_what_one_may_not_read_stays_even_if_it_is_named():
    port = Bulk()
    run(port)
    (key,) = (each for each in port.documents if each.endswith("/rg-fraud-prod"))
    port.inside[key] = {"holds": {}, "inside": [], "more": True}
    outcomes = run(port, WITHOUT_PROD, prune=True, delete=("rg-fraud-prod",))
    (group,) = (each for each in outcomes if each.id.endswith("/rg-fraud-prod"))
    assert (group.result, "you may not read" in group.why) == ("kept", True)


def test_what_holds_what_one_may_not_read_goes_by_its_name_alone():
    """Nor does the group that it stands in stay for that."""
    port = Bulk()
    run(port)
    for end in ("/mlw-fraud-prod", "/rg-fraud-prod"):
        (key,) = (each for each in port.documents if each.endswith(end))
        port.inside[key] = {"more": True}
    outcomes = run(port, WITHOUT_PROD, prune=True)
    kept = {each.id.rsplit("/", 1)[-1]: each.why for each in outcomes if each.result == "kept"}
    assert kept["mlw-fraud-prod"].startswith("it holds what you may not read: to delete it with")
    del port.inside[key]
    assert run(port, WITHOUT_PROD, prune=True, delete=("mlw-fraud-prod",))
    assert not any(each.endswith("/mlw-fraud-prod") for each in port.documents)


def test_what_something_else_still_uses_stays():
    port = Bulk()
    run(port)
    (account,) = (
        each for each in port.documents if each.rpartition("/")[2].startswith("stfraudprod")
    )
    mine = f"{account.partition('/providers')[0].replace('prod', 'dev')}/mine"
    port.documents[mine] = {"id": mine, "properties": {"storageAccount": account}}
    outcomes = run(port, WITHOUT_PROD, prune=True)
    (kept,) = (each for each in outcomes if each.id.lower() == account)
    assert (kept.result, kept.why) == ("kept", "`mine` uses it, and stays")


def test_what_the_file_itself_lets_go_of_is_used_no_more():
    port = Bulk()
    run(port)
    (workspace,) = (each for each in port.documents if each.endswith(f"/{FRAUD}"))
    (account,) = (
        each for each in port.documents if each.rpartition("/")[2].startswith("stfraudprod")
    )
    port.documents[workspace]["tags"]["owner"] = account  # somebody put it there
    outcomes = run(port, WITHOUT_PROD, prune=True)
    assert account.rpartition("/")[2] in names(outcomes, "deleted")


def test_another_pattern_of_a_division_is_a_move_and_says_why():
    port = Bulk()
    run(port)
    found = survey(Wanted(Bundle(PER_DIVISION)), port)
    moves = {
        step.desired.id.rsplit("/", 1)[-1]: step
        for step in found.plan.steps
        if step.action == "move"
    }
    move = moves["mlw-claims-dev"]
    assert [each.rsplit("/", 1)[-1] for each in move.sources] == ["mlw-fraud-dev"]
    assert move.why == "`divisions.claims.workspacePer` changed from `project` to `division`"
    assert found.plan.count("create") == 0
    assert names(run(port, PER_DIVISION), "moved") >= {"mlw-claims-dev", "mlw-claims-prod"}
    assert any(each.endswith("/mlw-fraud-dev") for each in port.documents), "the old one stays"
    (old,) = (
        each
        for each in survey(Wanted(Bundle(PER_DIVISION)), port).plan.removals
        if each.desired.id.endswith("/mlw-fraud-dev")
    )
    assert [each.rsplit("/", 1)[-1] for each in old.successors] == ["mlw-claims-dev"]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            "tags: {require",
            "naming: {workspace: 'w-{id}-{env}'}\ntags: {require",
            "`naming.workspace` changed from `mlw-{id}-{env}` to `w-{id}-{env}`",
        ),
        (
            "subscriptions: {one: 11111111-1111-1111-1111-111111111111}",
            "subscriptions: {one: 22222222-1111-1111-1111-111111111111}",
            "`dev` is in subscription `one` now, was in `one`",
        ),
    ],
)
def test_a_move_names_what_of_the_file_was_changed(old: str, new: str, why: str):
    port = Bulk()
    run(port)
    found = survey(Wanted(Bundle(broken((old, new)))), port)
    move = next(
        step for step in found.plan.steps if step.action == "move" and "-dev" in step.desired.id
        and step.desired.type.endswith("/workspaces")
    )  # fmt: skip
    assert move.why == why


def test_a_field_that_cannot_change_is_named_before_the_server_refuses_it():
    port = Bulk()
    run(port)
    changed = broken(("home: westeurope", "home: eastus"))
    steps = survey(Wanted(Bundle(changed)), port).plan.changes
    workspace = next(step for step in steps if step.desired.id.endswith(FRAUD))
    assert workspace.action == "change"
    assert "cannot change its region; give it another name" in workspace.obstacle


# Who may apply


def test_while_one_applies_another_is_refused_and_told_who_and_since_when():
    port = Bulk()
    begun = survey(Wanted(Bundle(SMALL)), port)

    class Meanwhile(Bulk):
        pass

    told: list[str] = []

    def put(id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        port.put = Bulk.put.__get__(port)  # type: ignore[method-assign]
        with pytest.raises(Conflict) as caught:
            run(port, SMALL, holder=OTHER)
        told.append(f"{caught.value.code}: {caught.value}")
        return Bulk.put(port, id, body)

    port.put = put  # type: ignore[method-assign,assignment]
    carry_out(begun, port, OneByOne(), ME, lambda: port.now)
    assert told == [
        "ApplyUnderWay: `admin` on `here` applies this estate since 2026-09-21 14:13:20 UTC: wait "
        "until that has ended; should it have died, its lease ends by itself at "
        "2026-09-21 14:13:35 UTC"
    ]
    assert port.record("small")["state"] == "Applied"


def test_one_that_planned_before_another_applied_is_refused():
    port = Bulk()
    begun = survey(Wanted(Bundle(SMALL)), port)
    run(port, holder=OTHER)
    with pytest.raises(Stale, match="in the meantime: run it again"):
        carry_out(begun, port, OneByOne(), ME, lambda: port.now)


class CutOff(Bulk):
    """The process dies at one of the writes, or the server does."""

    left = 10
    death: BaseException = KeyboardInterrupt()
    dead = False

    def _spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            self.dead = isinstance(self.death, SystemExit)
            raise self.death

    def put(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self._spend()
        return super().put(id, body)

    def delete(self, id: str) -> bool:
        self._spend()
        return super().delete(id)

    def amend(self, id: str, body: Mapping[str, Any], etag: str) -> dict[str, Any]:
        if self.dead:
            raise Unavailable("nobody is here")
        return super().amend(id, body, etag)

    def revive(self) -> None:
        self.left, self.dead = 10_000, False


def test_ctrl_c_gives_the_lease_back_and_the_next_goes_on():
    port = CutOff()
    with pytest.raises(KeyboardInterrupt):
        run(port)
    said = port.record("small")
    assert (said["state"], said["underWay"]) == ("Partial", False)
    port.revive()
    assert len(run(port, holder=OTHER)) == len(port.documents) - 10
    assert port.record("small")["state"] == "Applied"


def test_a_killed_one_holds_its_lease_until_that_ends_by_itself():
    port = CutOff()
    port.death = SystemExit()
    with pytest.raises(SystemExit):
        run(port)
    port.revive()
    assert port.record("small")["state"] == "Applying"
    assert port.record("small")["underWay"]
    with pytest.raises(Conflict):
        run(port, holder=OTHER)
    port.now += SECONDS
    assert not port.record("small")["underWay"]
    run(port, holder=OTHER)
    assert port.record("small")["state"] == "Applied"


def test_one_whose_process_is_known_to_be_dead_is_not_waited_for():
    port = CutOff()
    port.death = SystemExit()
    with pytest.raises(SystemExit):
        run(port)
    port.revive()
    run(port, holder=Holder("other", "`here`", lambda one: one == "me"))
    assert port.record("small")["state"] == "Applied"


def test_one_cut_off_before_its_last_word_is_ended_by_the_next():
    port = Bulk()
    run(port)
    found = survey(Wanted(Bundle(SMALL)), port)
    cut_off = Lease(port, records.address("small"), ME, lambda: port.now)
    cut_off.take(
        found.record, lambda said: records.beginning(found.record, found.files, [], [], said)
    )
    with pytest.raises(Conflict):
        run(port, holder=OTHER)
    assert run(port, holder=Holder("other", "`here`", lambda one: one == "me")) == []
    assert port.record("small")["state"] == "Applied"


def test_what_a_cut_off_apply_made_is_owned():
    port = CutOff()
    port.left = 15
    with pytest.raises(KeyboardInterrupt):
        run(port)
    port.revive()
    without = broken(
        ("servicePrincipals:\n  bot: {name: Bot}\n", ""), ("engineer: bot", "engineer: ana")
    )
    assert "/estate/v1/serviceprincipals/bot" in port.documents
    outcomes = run(port, without, prune=True)
    assert "bot" in names(outcomes, "deleted")


def test_a_server_that_no_longer_answers_ends_the_apply_at_once():
    port = CutOff()
    port.death = Unavailable("no estate answers")
    outcomes = run(port)
    # Those that were begun together fail together; nothing is begun after them.
    results = [each.result for each in outcomes]
    assert results[:10] == ["created"] * 10
    assert 1 <= results.count("failed") <= 8
    assert {each.why for each in outcomes if each.result == "skipped"} == {
        "the estate no longer answered: run it again when it does"
    }


def test_an_apply_that_lost_its_lease_stops():
    port = Bulk()
    real = Bulk.put

    def put(id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        # A long pause: somebody else takes over, and ends.
        if len(port.puts) == 5:
            port.now += SECONDS
            port.put = real.__get__(port)  # type: ignore[method-assign]
            run(port, SMALL + "# theirs\n", holder=OTHER)
        return real(port, id, body)

    port.put = put  # type: ignore[method-assign,assignment]
    outcomes = run(port)
    assert [each.result for each in outcomes[:6]] == ["created"] * 6
    assert {each.result for each in outcomes[6:]} == {"skipped"}
    assert "the lease" in outcomes[-1].why
    assert port.record("small")["files"]["main"].endswith("# theirs\n"), "theirs is not undone"
    assert port.record("small")["state"] == "Applied"


def test_a_long_apply_renews_its_lease():
    port = Bulk()
    real = Bulk.put

    def put(id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        port.now += SECONDS / 2
        return real(port, id, body)

    port.put = put  # type: ignore[method-assign,assignment]
    outcomes = run(port)
    assert {each.result for each in outcomes} == {"created"}
    assert port.record("small")["state"] == "Applied"


def test_all_but_access_waits_for_the_writes_and_goes_only_when_none_failed():
    port = Bulk()
    run(port)

    def refuse(id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        raise Forbidden("not you")

    port.put = refuse  # type: ignore[method-assign,assignment]
    outcomes = run(port, WITHOUT_PROD.replace("max: 2", "max: 3"), prune=True)
    assert {each.split("/")[-2] for each in port.deletes} == {"roleAssignments"}
    skipped = [each for each in outcomes if each.result == "skipped"]
    assert {each.why for each in skipped} == {
        "it goes only when all that the file asks for is there"
    }
    assert port.record("small")["state"] == "Partial"


def test_a_file_that_can_no_longer_be_read_owns_nothing_and_is_said():
    port = Bulk()
    run(port)
    record = port._records[next(iter(port._records))]
    record.properties["files"]["main"] = "schema: 0"
    found = survey(Wanted(Bundle(WITHOUT_PROD), prune=True), port)
    assert found.plan.removals == []
    assert "cannot be read" in found.plan.notes[0]


def test_a_begin_whose_answer_was_lost_on_its_way_is_known_again():
    port = Bulk()
    real = Bulk.replace

    def replace(id: str, body: Mapping[str, Any], etag: str = "") -> dict[str, Any]:
        port.replace = real.__get__(port)  # type: ignore[method-assign]
        port.replace(id, body, etag)
        return port.replace(id, body, etag)  # sent again: refused, since it is there by now

    port.replace = replace  # type: ignore[method-assign]
    run(port)
    assert port.record("small")["state"] == "Applied"


def test_who_may_not_read_the_record_is_told_what_the_plan_leaves_out():
    port = Bulk()
    run(port)
    real = Bulk.get

    def get(id: str) -> dict[str, Any] | None:
        if "appliedFiles" in id:
            raise Forbidden("you may not")
        return real(port, id)

    port.get = get  # type: ignore[method-assign]
    found = survey(Wanted(Bundle(WITHOUT_PROD), prune=True), port)
    assert found.plan.removals == []
    assert found.plan.notes == (
        "you may not read what was applied before: what it made is not known",
    )


TAGGED = broken(("tags: {require", "tags: {values: {review: yearly}, require"))


def changes(port: Bulk, text: str) -> dict[str, set[str]]:
    plan = survey(Wanted(Bundle(text)), port).plan
    return {
        step.desired.id.rsplit("/", 1)[-1]: {each.path for each in step.reasons}
        for step in plan.changes
    }


def test_what_a_file_says_no_longer_is_taken_back():
    port = Bulk()
    run(port, TAGGED)
    assert changes(port, SMALL)[FRAUD] == {"tags.review"}
    run(port, SMALL)
    assert changes(port, SMALL) == {}
    tags = [each.get("tags") or {} for each in port.documents.values()]
    assert not [each for each in tags if "review" in each]


def test_what_somebody_else_said_since_is_not_taken_back():
    port = Bulk()
    run(port, TAGGED)
    id = next(each for each in port.documents if each.endswith(f"/workspaces/{FRAUD}"))
    port.documents[id]["tags"] |= {"review": "monthly", "theirs": "1"}
    assert FRAUD not in changes(port, SMALL)


def test_what_the_file_said_before_one_that_was_cut_off_is_taken_back_as_well():
    port = CutOff()
    port.revive()
    run(port, TAGGED)
    port.left = 0
    with pytest.raises(KeyboardInterrupt):
        run(port, SMALL)
    port.revive()
    assert changes(port, SMALL)[FRAUD] == {"tags.review"}
    run(port, SMALL)
    assert changes(port, SMALL) == {}
