"""What a change opens, and nothing of what was there before."""

from __future__ import annotations

import pytest

from mlestate.estate.lint.table import CHANGES
from tests.unit.estate.lint.clean import CLEAN, changed, opened, spot
from tests.unit.estate.lint.test_rules import datastore, guest

BLOB = "blob: {account: fraud/dev, container: sales}"

Case = tuple[str, tuple[tuple[str, str], ...], str, str]
CASES: list[Case] = [
    (
        "wider-roles",
        (("scientist: {dev: AzureML Data Scientist", "scientist: {dev: Contributor"),),
        "dev: Contributor",
        "`scientist` of `fraud` becomes `Contributor` in `dev`",
    ),
    (
        "wider-roles",
        (("      fraud:\n", "      fraud:\n        roles: {scientist: {prod: [Reader]}}\n"),),
        "prod: [Reader]}}",
        "`scientist` of `fraud` becomes `Reader` in `prod`",
    ),
    (
        "wider-eligibility",
        (("prod: none}\n  trainer", "prod: {eligible: Reader, approvers: ben}}\n  trainer"),),
        "prod: {eligible",
        "`scientist` of `fraud` may activate `Reader` in `prod`",
    ),
    (
        "wider-glass",
        ((", lock: [storage]", ", lock: [storage], breakGlass: {who: ana}"),),
        "who: ana",
        "`ana` comes to break the glass",
    ),
    (
        "wider-members",
        (("release: bot}", "release: [ana, bot]}"),),
        "ana, bot",
        "`ana` comes to hold `release` in `fraud`",
    ),
    (
        "wider-groups",
        (("  ana:", "  eve: {name: Eve, groups: [science]}\n  ana:"),),
        "science]}\n  ana",
        "`eve` joins group `science`",
    ),
    (
        "wider-regions",
        (("allowed: [westeurope]", "allowed: [westeurope, eastus]"),),
        "eastus",
        "things may stand in `eastus` from now on",
    ),
    (
        "wider-actions",
        (("workspaces/*/read]", "workspaces/*/read, Microsoft.Insights/components/read]"),),
        "Microsoft.Insights",
        "custom role `runner` comes to allow `Microsoft.Insights/components/read`",
    ),
    (
        "wider-storage",
        (datastore(BLOB),),
        "raw: {blob",
        "`fraud/dev` comes to read `fraud/dev` as `raw`",
    ),
    (
        "wider-guests",
        (guest(),),
        "acme: {",
        "`acme` comes from outside until 2027-03-31, as `scientist`",
    ),
    (
        "wider-deletion",
        ((", lock: [storage]", ""),),
        "prod: {sub",
        "`storage` of `prod` is locked no more",
    ),
    (
        "wider-live",
        ((", live: [trainer]", ", live: []"),),
        "live: []",
        "`prod` is no longer live",
    ),
    (
        "wider-live",
        (("live: [trainer]", "live: [trainer, scientist]"), ("prod: none", "prod: Reader")),
        "live: [trainer, s",
        "`scientist` comes to read live data in `prod`",
    ),
]


def test_what_did_not_change_is_not_told():
    assert opened() == []
    unwise = changed(("max: 2, idle", "max: 2, min: 1, idle"))
    assert opened(("max: 2, idle", "max: 2, min: 1, idle"), old=unwise) == []


@pytest.mark.parametrize(("rule", "changes", "words", "message"), CASES)
def test_what_a_change_opens_is_told_where_it_stands(
    rule: str, changes: tuple[tuple[str, str], ...], words: str, message: str
):
    found = [one for one in opened(*changes) if one.rule == rule]
    assert message in found[0].message
    assert str(found[0].spot) == spot(changed(*changes), words)
    assert len(found) == 1


@pytest.mark.parametrize("case", [case for case in CASES if case[0] != "wider-roles"])
def test_the_way_back_opens_nothing_of_the_kind(case: Case):
    back = opened(old=changed(*case[1]))
    assert [one for one in back if one.rule == case[0]] == []


def test_a_datastore_that_is_opened_for_writing_is_told():
    before = changed(datastore(BLOB))
    found = opened(datastore(f"{BLOB}, access: write"), old=before)
    assert [one.rule for one in found] == ["wider-writing", "write-through"]


def test_account_keys_that_come_to_open_storage_are_told():
    before = changed(
        ("    subscription: one\n", "    subscription: one\n    storageAuth: identity\n")
    )
    assert [one.rule for one in opened(old=before)] == ["wider-keys"]


def test_an_environment_more_of_a_known_project_is_told():
    before = changed(
        ("    environments: [dev, prod]", "    environments: [dev]"),
        (", trainer: science, release: bot", ", release: bot"),
    )
    rules = {one.rule for one in opened(old=before)}
    assert "wider-environments" in rules


def test_projects_that_come_to_share_a_workspace_are_told():
    other = ("      fraud:\n", "      triage: {members: {scientist: ben}}\n      fraud:\n")
    found = opened(other, ("workspacePer: project", "workspacePer: division"), old=changed(other))
    (told,) = [one for one in found if one.rule == "wider-sharing"]
    assert told.message.startswith("`triage` and `fraud` come to share workspaces")
    back = opened(other, old=changed(other, ("workspacePer: project", "workspacePer: division")))
    assert [one for one in back if one.rule == "wider-sharing"] == []


def test_what_is_newly_unwise_is_told_with_it():
    found = opened(("max: 2, idle", "max: 2, min: 1, idle"))
    assert [one.rule for one in found] == ["nodes-always-on"]


def test_lines_that_move_open_nothing():
    assert opened(("schema: 1\n", "# moved\n\nschema: 1\n")) == []


def test_every_rule_of_changes_is_tried():
    tried = {case[0] for case in CASES} | {
        "wider-writing",
        "wider-keys",
        "wider-environments",
        "wider-sharing",
        "weaker-denials",
    }
    assert tried == {change.id for change in CHANGES}


def test_a_file_is_compared_with_itself_under_another_name():
    assert opened(old=CLEAN) == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (guest(until="2027-06-30"), "`acme` stays until 2027-06-30, not 2027-03-31"),
        (guest(role="release"), "`acme` becomes `release`"),
        (guest(role="scientist", environments="[dev, prod]"), "`acme` comes to enter `prod`"),
    ],
)
def test_a_guest_who_gets_more_is_told(more: tuple[str, str], message: str):
    both = ("prod: none}\n  trainer", "prod: Reader}\n  trainer")
    found = [one for one in opened(more, both, old=changed(guest(), both))]
    assert [one.message for one in found if one.rule == "wider-guests"] == [message]
    assert opened(guest(until="2027-01-01"), both, old=changed(guest(), both)) == []


ELIGIBLE = "prod: {eligible: Reader, hours: 4, approvers: ben}}\n  trainer"
BEFORE = ("prod: none}\n  trainer", ELIGIBLE)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (ELIGIBLE.replace("4", "8"), "may activate `Reader` in `prod` for 8 hours, not 4"),
        (ELIGIBLE.replace(", approvers: ben", ""), "in `prod` without approval"),
        (ELIGIBLE.replace("ben", "science"), "in `prod` if `science` approves"),
    ],
)
def test_easier_terms_are_told(more: str, message: str):
    found = opened(("prod: none}\n  trainer", more), old=changed(BEFORE))
    [only] = [one.message for one in found if one.rule == "wider-eligibility"]
    assert only.endswith(message)


def test_stricter_terms_are_not_told():
    before = changed(("prod: none}\n  trainer", ELIGIBLE.replace(", approvers: ben", "")))
    rules = {one.rule for one in opened(("prod: none}\n  trainer", ELIGIBLE), old=before)}
    assert "wider-eligibility" not in rules


def test_what_was_within_reach_and_is_held_is_told():
    found = opened(("prod: none}\n  trainer", "prod: Reader}\n  trainer"), old=changed(BEFORE))
    assert "wider-roles" in {one.rule for one in found}


def test_a_glass_that_gives_more_is_told():
    glass = ", lock: [storage], breakGlass: {who: ana, hours: 1}"
    before = changed((", lock: [storage]", glass))
    for wider, message in (
        (glass.replace("1}", "4}"), "the glass stays broken for 4 hours"),
        (glass.replace("1}", "1, role: Owner}"), "whoever breaks the glass becomes `Owner`"),
        (glass.replace("ana", "[ana, ben]"), "`ben` comes to break the glass"),
    ):
        found = opened((", lock: [storage]", wider), old=before)
        assert message in [one.message for one in found if one.rule == "wider-glass"]


DENIED = """\
denials:
  freeze: {at: fraud/prod, actions: ["*/write", "*/delete"], to: [science, bot]}
  secrets: {at: two, dataActions: "*"}
divisions:
"""


@pytest.mark.parametrize(
    ("change", "words", "message"),
    [
        (
            ('  secrets: {at: two, dataActions: "*"}\n', ""),
            "freeze: {",
            "`secrets` at `two` is gone",
        ),
        (("at: two", "at: one"), "at: one", "is at `one`, no longer at `two`"),
        (('"*/write", ', ""), 'actions: ["*/d', "no longer takes `*/write`"),
        (('"*"}', '"*", notDataActions: a.b/c}'), "notData", "comes to except `a.b/c`"),
        (("[science, bot]", "[science]"), "to: [sc", "is no longer about `bot`"),
        (('"*"}', '"*", to: bot}'), "to: bot", "is no longer about everyone"),
        (('"*"}', '"*", except: ana}'), "except", "comes to leave out `ana`"),
        (('"*"}', '"*", below: false}'), "below", "no longer holds below `two`"),
        (("fraud/prod, actions: [", "fraud/prod, dataActions: ["), "freeze: {", "no longer takes"),
    ],
)
def test_a_denial_that_is_weakened_is_told(change: tuple[str, str], words: str, message: str):
    there = ("divisions:\n", DENIED)
    before = changed(there)
    [found] = [one for one in opened(there, change, old=before) if one.rule == "weaker-denials"]
    assert (found.severity, message in found.message) == ("high", True)
    if "is gone" not in message:
        assert str(found.spot) == spot(changed(there, change), words, "denials:")


def test_all_denials_may_go_and_a_wider_one_is_not_weaker():
    there = ("divisions:\n", DENIED)
    gone = [one for one in opened(old=changed(there)) if one.rule == "weaker-denials"]
    assert len(gone) == 2
    wide = opened(there, ('["*/write", "*/delete"]', '"*"'), old=changed(there))
    assert [one for one in wide if one.rule == "weaker-denials"] == []
