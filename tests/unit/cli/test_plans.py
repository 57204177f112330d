"""A plan as people read it."""

from __future__ import annotations

import re
from datetime import date

import msgspec
import pytest

from mlestate.app import holders
from mlestate.cli.plans import as_text, how_it_stands
from mlestate.core.bundle import Bundle
from mlestate.estate.applying.lease import Holder
from mlestate.estate.applying.reconcile import Wanted, carry_out, survey
from mlestate.estate.compile import compile_estate
from mlestate.estate.load import load
from mlestate.estate.planning import record as records
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
    assert "! `ana` is there with another `objectId`, made by hand or of another estate" in text


def test_a_person_who_was_deleted_and_made_by_hand_is_told_with_the_way_out():
    port = applied()
    port.delete("/estate/v1/users/ana")
    port.put("/estate/v1/users/ana", {"displayName": "Ana", "objectId": "7"})
    text = planned(port, SMALL)
    assert "that cannot change: `mlestate delete user ana`, then apply" in text
    port.delete("/estate/v1/users/ana")
    assert "cannot change" not in planned(port, SMALL)


MORE_LOCKS = ("prod: {subscription: one", "prod: {subscription: one, lock: [workspace, storage]")


def test_what_stays_is_told_by_solution_however_much_it_is():
    qa = ("  prod: {sub", "  qa: {subscription: one}\n  prod: {sub")
    reader = ("scientist: {dev: A", "scientist: {qa: Reader, dev: A")
    everywhere = ("environments: [dev, prod]", "environments: [dev, qa, prod]")
    port = applied(broken(MORE_LOCKS, reader, qa, everywhere))
    (key,) = (each for each in port.documents if each.endswith("/mlw-fraud-prod"))
    port.inside[key] = {"holds": {"jobs": 3}}
    text = planned(port, PER_ENVIRONMENT)
    assert "access that the file no longer gives, taken back:\n" in text
    assert "  - `Reader` on `mlw-fraud-qa` to `sg-ml-fraud-scientist-qa`\n" in text
    carry_out(survey(Wanted(Bundle(PER_ENVIRONMENT)), port), port, OneByOne(), ME, lambda: port.now)
    first, heading, *lines, verdict = planned(port, PER_ENVIRONMENT).splitlines()
    assert re.fullmatch(
        r"nothing to make or change; \d+ resources no longer in the file stay until pruned",
        first,
    )
    assert heading == "no longer in the file; they stay (`--prune` deletes them):"
    assert len(lines) == 1
    assert re.fullmatch(
        r"  - claims/fraud in prod, qa: \d+ resources; mlw-fraud-prod, mlw-fraud-qa; "
        r"`mlw-fraud-prod` holds 3 jobs",
        lines[0],
    )
    assert re.fullmatch(r"all \d+ resources are as the file says; \d+ resources .* stay", verdict)
    assert "- workspaces/mlw-fraud-prod" in planned(port, PER_ENVIRONMENT, prune=True)


PER_ENVIRONMENT = broken(("environments: [dev, prod]", "environments: [dev]"))


def test_a_successor_is_named_with_what_it_stands_in():
    port = applied()
    per_division = broken(("workspacePer: project", "workspacePer: division"))
    carry_out(survey(Wanted(Bundle(per_division)), port), port, OneByOne(), ME, lambda: port.now)
    text = planned(port, per_division, prune=True)
    assert "replaced by rg-claims-dev/mlw-claims-dev/cpu\n" in text


def test_application_insights_are_called_so():
    assert "  + applicationInsights/appi-fraud-dev\n" in planned(Bulk(), SMALL)


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


def test_what_a_file_takes_over_is_said_whether_it_changes_or_not():
    port = applied()
    port.put("/estate/v1/users/eve", {"displayName": "By hand"})
    with_eve = broken(("  ana: {", "  eve: {name: Eve}\n  ana: {"))
    text = planned(port, with_eve)
    assert "adopted: it was here before; from this apply on it is this file's" in text
    port.documents["/estate/v1/users/eve"] |= {
        each.id: each.body for each in compile_estate(load(with_eve))
    }["/estate/v1/users/eve"]
    assert planned(port, with_eve).endswith("; this file adopts 1 of them, which it did not make")


def test_what_is_held_for_a_time_is_told_in_words():
    boxed = ("prod: [mlops,", "prod: [{eligible: mlops, approvers: science},")
    glass = ("containerRegistry: true}", "containerRegistry: true, breakGlass: {who: ana}}")
    text = planned(Bulk(), broken(boxed, glass))
    for line in (
        "`mlops` on `mlw-fraud-prod` within reach of `sg-ml-fraud-engineer-prod`",
        "terms of `mlops` on `mlw-fraud-prod`",
        "terms of activation on `mlw-fraud-prod`",
        "`Contributor` on `rg-fraud-prod` in an emergency to `ana`",
    ):
        assert f"  + {line}\n" in text, text


EVE = "0e0e0e0e-0000-4000-8000-000000000001"
TERMS = ("prod: [mlops,", "prod: [{eligible: mlops, hours: 4, approvers: science},")
DENIAL = (
    "people:\n",
    "denials: {freeze: {at: fraud/prod, actions: '*/write', to: [bot, science]}}\npeople:\n",
)
BROAD = ("workspaces/*/read", "workspaces/models/delete, Microsoft.Resources/*/read")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            (),
            (BROAD,),
            [
                "~ role `mlops`",
                "    properties.permissions.actions:",
                "      - Microsoft.MachineLearningServices/workspaces/*/read",
                "      + Microsoft.MachineLearningServices/workspaces/models/delete",
                "      + Microsoft.Resources/*/read",
            ],
        ),
        (
            (DENIAL,),
            (DENIAL, ("to: [bot, science]", "to: [bot]")),
            [
                "~ denials/freeze",
                "    properties.principals:",
                "      - `science`",
            ],
        ),
        (
            (DENIAL,),
            (DENIAL, (", to: [bot, science]", "")),
            [
                "~ denials/freeze",
                "    properties.principals:",
                "      - `bot`",
                "      - `science`",
                "      + `everyone`",
            ],
        ),
        (
            (TERMS,),
            (TERMS, ("hours: 4, approvers: science", "hours: 8")),
            [
                "~ terms of activation on `mlw-fraud-prod`",
                "    properties.rules.Expiration_EndUser_Assignment.maximumDuration: "
                '"PT4H" -> "PT8H"',
                "    properties.rules.Approval_EndUser_Assignment.setting.isApprovalRequired: true "
                "-> false",
                "    properties.rules.Approval_EndUser_Assignment.setting.approvalStages."
                "approvalStageTimeOutInDays: 1 -> (nothing)",
                "    properties.rules.Approval_EndUser_Assignment.setting.approvalStages."
                "isApproverJustificationRequired: true -> (nothing)",
                "    properties.rules.Approval_EndUser_Assignment.setting.approvalStages."
                "primaryApprovers:",
                "      - `science`",
            ],
        ),
    ],
)
def test_what_of_access_comes_and_goes_is_said_action_by_action_and_by_name(
    before: tuple[tuple[str, str], ...],
    after: tuple[tuple[str, str], ...],
    expected: list[str],
):
    text = planned(applied(broken(*before)), broken(*after))
    assert "".join(f"  {line}\n" for line in expected) in text, text
    assert "who gains or loses what by this: `mlestate access diff --plan FILE`\n" in text


def test_a_plan_that_changes_no_access_says_nothing_of_it():
    assert "access diff" not in planned(applied(), broken(("max: 2", "max: 3")))
    assert "access diff" not in planned(Bulk(), SMALL)


def test_who_was_put_into_a_denial_by_hand_is_named():
    port = applied(broken(DENIAL))
    port.put("/estate/v1/users/eve", {"displayName": "Eve", "objectId": EVE.upper()})
    [key] = (each for each in port.documents if each.endswith("/denials/freeze"))
    eve = {"id": EVE, "type": "User"}
    port.documents[key]["properties"]["principals"].append(eve)
    assert "- `eve`" in planned(port, broken(DENIAL))


def test_what_nobody_may_take_any_more_is_listed_with_what_nobody_holds():
    glass = ("containerRegistry: true}", "containerRegistry: true, breakGlass: {who: ana}}")
    text = planned(applied(broken(TERMS, glass)), broken(("prod: [mlops, ", "prod: [")))
    assert (
        "access that the file no longer gives, taken back:\n"
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-fraud-prod\n"
        "  - `mlops` on `mlw-fraud-prod` within reach of `sg-ml-fraud-engineer-prod`\n"
        "  - `Contributor` on `rg-fraud-prod` in an emergency to `ana`\n"
    ) in text
    assert "0 to create, 0 to change, 2 to delete" in text


def test_what_is_given_on_what_goes_is_counted_there():
    glass = ("containerRegistry: true}", "containerRegistry: true, breakGlass: {who: ana}}")
    fewer = broken(("environments: [dev, prod]", "environments: [dev]"))
    text = planned(applied(broken(TERMS, glass)), fewer, prune=True)
    assert "- resourceGroups/rg-fraud-prod, with 1 role for emergencies\n" in text
    assert "- workspaces/mlw-fraud-prod, with 1 role within reach\n" in text
