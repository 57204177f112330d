"""With a principal, a role or a place goes all that names it: over all types, in all databases."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import pytest

from mlestate.runtime.board import FORGET_AFTER_SECONDS
from tests.access.asking import REGION, Answer, Request
from tests.access.named_places import places_of
from tests.access.principal_rules import GOES, LEFT_OUT, RULES, SAID, has_rule, named, rule_of
from tests.access.test_assignments import custom
from tests.access.two_workspaces import (
    AUTHORIZATION,
    OWNER,
    READER,
    SCIENTIST,
    SUBSCRIPTION,
    A,
    B,
    Two,
    assigned,
)

HOUR = {"expiration": {"type": "AfterDuration", "duration": "PT1H"}}
LOGS = {"activity.about", "activity.resource", "activity.place", "operations.resource"}
ASKED = "roleAssignmentScheduleRequests"


class Going(msgspec.Struct):
    """Somebody who is named in every way there is."""

    house: Two
    kind: str
    name: str
    id: str

    def put(self, id: str, said: dict[str, Any], who: str = "admin") -> Answer:
        return self.house.put(id, {"properties": said}, who)

    def delete(self) -> None:
        self.house.made("admin", Request("DELETE", f"/estate/v1/{self.kind}/{self.name}"))
        self.house.work()

    def places(self) -> set[str]:
        self.house.estate.journals.flush()
        return places_of(self.house.estate.data, self.id)


def going(house: Two, kind: str) -> Going:
    name = "someone"
    if kind == "groups":
        body = {"members": ["stranger"]}
        made = house.made("admin", Request("PUT", f"/estate/v1/groups/{name}", body))
        return Going(house, kind, name, made.json()["objectId"])
    return Going(house, kind, name, house.enter(kind, name))


def at(kind: str, scope: str = A.workspace) -> str:
    namespace = "Mlestate.Organization" if kind in ("denials", "breakGlass") else AUTHORIZATION
    return f"{scope}/providers/{namespace}/{kind}/{uuid.uuid4()}"


def given(one: Going) -> None:
    """All that is the principal's alone, or names it among others."""
    house, group = one.house, "/estate/v1/groups/numbat-known-groups"
    house.grant(A.workspace, READER, one.id)
    only = {"requestType": "AdminAssign"}
    one.put(at("roleEligibilityScheduleRequests"), {**assigned(READER, one.id), **only})
    one.put(at(ASKED), {**assigned(SCIENTIST, one.id), **only, "scheduleInfo": HOUR})
    one.put(at("breakGlass"), assigned(OWNER, one.id))
    some = {"permissions": [{"actions": ["X.Y/z"]}]}
    both = [{"id": one.id}, {"id": house.ids["eve"]}]
    one.put(at("denials"), {**some, "principals": [{"id": one.id}]})
    one.put(at("denials"), {**some, "principals": both})
    one.put(at("denials"), {**some, "excludePrincipals": both})
    house.made("admin", Request("PUT", group, {"members": [one.name, "eve"]}))


def decides(one: Going, role: str, *others: tuple[str, str]) -> tuple[str, str]:
    """A role that the stranger may activate once the principal, or one of the others, approves;
    the ids of the policy and of the request that waits for them."""
    stranger = one.house.ids["stranger"]
    kind = "Group" if one.kind == "groups" else "User"
    who = [{"userType": word, "id": id} for word, id in ((kind, one.id), *others)]
    setting = {"isApprovalRequired": True, "approvalStages": [{"primaryApprovers": who}]}
    rule = {"id": "Approval_EndUser_Assignment", "ruleType": "RoleManagementPolicyApprovalRule"}
    policy, link = (
        at("roleManagementPolicies", B.workspace),
        at("roleManagementPolicyAssignments", B.workspace),
    )
    one.put(policy, {"rules": [{**rule, "setting": setting}]})
    asked = assigned(role, stranger)
    one.put(link, {"roleDefinitionId": asked["roleDefinitionId"], "policyId": policy})
    eligible = at("roleEligibilityScheduleRequests", B.workspace)
    one.put(eligible, {**asked, "requestType": "AdminAssign"})
    return policy, activate(one, role).json()["id"]


def activate(one: Going, role: str, who: str = "stranger") -> Answer:
    said = {
        **assigned(role, one.house.ids[who]),
        "requestType": "SelfActivate",
        "justification": "because",
        "scheduleInfo": HOUR,
    }
    request = Request("PUT", at(ASKED, B.workspace), {"properties": said})
    return one.house.ask(who, request)


def acted(one: Going) -> None:
    """What they did themselves, and were asked."""
    house, own = one.house, {"words": "x"}
    house.grant(A.workspace, OWNER, one.id)
    view = f"/providers/Mlestate.Organization/people/{one.id}/savedViews/own"
    one.put(view, own, one.name)
    for kind, more in (("roleEligibilityScheduleRequests", {}), (ASKED, {"scheduleInfo": HOUR})):
        said = {**assigned(SCIENTIST, house.ids["eve"]), "requestType": "AdminAssign", **more}
        one.put(at(kind), said, one.name)
    stay = {"sponsor": one.name, "until": "2099-12-31", "scopes": [B.group]}
    house.made("admin", Request("PUT", "/estate/v1/users/visitor", {"guest": stay}))
    _, decided = decides(one, SCIENTIST)
    approval = str(house.get("admin", decided).json()["properties"]["approvalId"])
    stage = f"{approval}/stages/{approval.rpartition('/')[2]}"
    one.put(stage, {"reviewResult": "Approve", "justification": "seen"}, one.name)


def test_every_place_that_could_name_a_principal_has_a_rule():
    """A new type that has one says here what becomes of it."""
    assert [place for place in named() if not has_rule(place)] == []


def test_no_rule_stands_for_two(fresh: Two):
    places = [place for rule in RULES.values() for place in rule]
    assert len(places) == len(set(places))


def test_with_a_user_goes_all_that_names_them(fresh: Two):
    one = going(fresh, "users")
    given(one)
    acted(one)
    decides(one, OWNER)
    asked(one)
    before = one.places()
    rules = {place: rule_of(place) for place in before if " " in place}
    assert all(rules.values()), rules
    # Every place that has to be cleared was filled.
    assert {place for rule in (GOES, LEFT_OUT) for place in RULES[rule]} <= before
    one.delete()
    assert one.places() - set(RULES[SAID]) == set()


def asked(one: Going) -> None:
    """They are eligible for what others decide on, and wait for these."""
    stage = {"primaryApprovers": [{"userType": "User", "id": one.house.ids["eve"]}]}
    setting = {"isApprovalRequired": True, "approvalStages": [stage]}
    rule = {"id": "Approval_EndUser_Assignment", "ruleType": "RoleManagementPolicyApprovalRule"}
    policy, link = at("roleManagementPolicies"), at("roleManagementPolicyAssignments")
    owner = assigned(OWNER, one.id)
    one.put(policy, {"rules": [{**rule, "setting": setting}]})
    one.put(link, {"roleDefinitionId": owner["roleDefinitionId"], "policyId": policy})
    one.put(at("roleEligibilityScheduleRequests"), {**owner, "requestType": "AdminAssign"})
    said = {**owner, "requestType": "SelfActivate", "justification": "x", "scheduleInfo": HOUR}
    one.house.ids[one.name] = one.id
    one.put(at(ASKED), said, one.name)


@pytest.mark.parametrize("kind", ["groups", "servicePrincipals"])
def test_with_a_group_or_a_program_goes_all_that_names_it(fresh: Two, kind: str):
    one = going(fresh, kind)
    given(one)
    if kind == "groups":
        decides(one, OWNER)
    assert one.places() & set(RULES[GOES])
    one.delete()
    assert one.places() - set(RULES[SAID]) == set()


def test_what_was_activated_by_a_groups_eligibility_ends_with_the_group(fresh: Two):
    one = going(fresh, "groups")
    said = {**assigned(SCIENTIST, one.id), "requestType": "AdminAssign"}
    one.put(at("roleEligibilityScheduleRequests", B.workspace), said)
    taken = activate(one, SCIENTIST).json()
    assert taken["properties"]["status"] == "Provisioned", taken
    assert fresh.get("stranger", B.workspace).status == 200
    one.delete()
    assert fresh.get("stranger", B.workspace).status == 403
    shown = fresh.made("admin", Request("GET", taken["id"])).json()["properties"]
    assert shown["status"] == "Revoked"


def test_whoever_comes_under_the_same_id_holds_nothing_for_a_time(fresh: Two):
    one = going(fresh, "users")
    said = {**assigned(SCIENTIST, one.id), "requestType": "AdminAssign", "scheduleInfo": HOUR}
    one.put(at(ASKED), said)
    assert fresh.get(one.name, A.workspace).status == 200
    one.delete()
    again = Request("PUT", f"/estate/v1/users/{one.name}", {"objectId": one.id})
    fresh.made("admin", again)
    fresh.enter("users", one.name)
    assert fresh.get(one.name, A.workspace).status == 403


def test_an_approver_who_is_gone_is_taken_from_the_policy(fresh: Two):
    one = going(fresh, "users")
    policy, waits = decides(one, SCIENTIST, ("User", fresh.ids["eve"]))
    one.delete()
    shown = fresh.made("admin", Request("GET", policy)).json()["properties"]
    [approval] = [each for each in shown["rules"] if each["id"].startswith("Approval")]
    [stage] = approval["setting"]["approvalStages"]
    assert [each["id"] for each in stage["primaryApprovers"]] == [fresh.ids["eve"]]
    assert "nobodyCanApprove" not in shown
    request = fresh.made("admin", Request("GET", waits)).json()["properties"]
    assert request["status"] == "PendingApproval"
    assert one.id not in str(request)


def test_where_no_approver_is_left_the_policy_says_so_and_nobody_gets_the_role(fresh: Two):
    one = going(fresh, "groups")
    policy, waits = decides(one, SCIENTIST)
    one.delete()
    shown = fresh.made("admin", Request("GET", policy)).json()["properties"]
    assert shown["nobodyCanApprove"] is True
    [approval] = [each for each in shown["rules"] if each["id"].startswith("Approval")]
    assert approval["setting"]["isApprovalRequired"] is True
    # Who waited for them waits no more, and does not get it; who asks anew is told.
    request = fresh.made("admin", Request("GET", waits)).json()["properties"]
    assert request["status"] == "Canceled"
    assert fresh.get("stranger", B.workspace).status == 403
    refused = activate(one, SCIENTIST)
    assert refused.code == "NoApproverLeft", refused.text
    # Others may be named, and then it is asked for again.
    who = [{"userType": "User", "id": fresh.ids["eve"]}]
    approval["setting"]["approvalStages"] = [{"primaryApprovers": who}]
    one.put(policy, {"rules": [approval]})
    assert activate(one, SCIENTIST).json()["properties"]["status"] == "PendingApproval"


def test_a_job_that_waits_is_canceled_with_whoever_sent_it(fresh: Two):
    job, _ = fresh.bo.documents["Microsoft.MachineLearningServices/workspaces/jobs"]
    fresh.made("admin", Request("DELETE", "/estate/v1/users/bo"))
    fresh.work()
    shown = fresh.made("admin", Request("GET", job)).json()
    assert shown["properties"]["status"] == "Canceled"


def test_with_a_role_goes_all_that_names_it(fresh: Two):
    """It is deleted once nobody holds it; what is over, and the terms of it, go along."""
    guid = custom(fresh, [SUBSCRIPTION], actions=["*/read"])
    said = assigned(guid, fresh.ids["eve"])
    eligible = at("roleEligibilityScheduleRequests")
    held = at(ASKED)
    one = Going(fresh, "users", "eve", fresh.ids["eve"])
    one.put(eligible, {**said, "requestType": "AdminAssign"})
    one.put(held, {**said, "requestType": "AdminAssign", "scheduleInfo": HOUR})
    id = f"{SUBSCRIPTION}/providers/{AUTHORIZATION}/roleDefinitions/{guid}"
    for kind in ("roleEligibilityScheduleRequests", ASKED):
        assert fresh.ask("admin", Request("DELETE", id)).code == "RoleDefinitionHasAssignments"
        one.put(at(kind), {**said, "requestType": "AdminRemove"})
    fresh.made("admin", Request("DELETE", id))
    fresh.estate.journals.flush()
    assert places_of(fresh.estate.data, guid) <= LOGS


def test_with_an_assignment_goes_all_that_names_it(fresh: Two):
    id = fresh.grant(A.workspace, READER, fresh.ids["stranger"])
    fresh.made("admin", Request("DELETE", id))
    fresh.estate.journals.flush()
    assert places_of(fresh.estate.data, id.rpartition("/")[2]) <= LOGS


# Which part of the estate one is to hear of, or may be a guest in: a place that may come again.
# Neither gives anything by itself.
NAMED = {"Mlestate.Organization/webhooks .properties.scopes[]", "guests.scopes"}


def test_with_a_place_goes_all_that_stands_on_it(fresh: Two):
    lock, _ = fresh.bo.documents[f"{AUTHORIZATION}/locks"]
    fresh.made("admin", Request("DELETE", lock))
    hook = {"url": "https://x.invalid/", "events": ["*.WebhookTested"], "scopes": [A.workspace]}
    fresh.put("/providers/Mlestate.Organization/webhooks/there", {"properties": hook})
    fresh.invite("stranger", A.group)
    for id in (A.workspace, A.group, B.group, SUBSCRIPTION):
        fresh.made("admin", Request("DELETE", id))
        fresh.work()
        # An ended lease is remembered for a while.
        fresh.clock.ahead += FORGET_AFTER_SECONDS + 1
        fresh.log_in()
        fresh.estate.queue.regions[REGION].tick(REGION)
        fresh.estate.journals.flush()
        assert places_of(fresh.estate.data, id) <= LOGS | NAMED, id
