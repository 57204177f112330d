"""Lists that are of no one type: what is in a subscription, what it offers, and to whom."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.asking import Request
from tests.access.two_workspaces import MARKS, SUBSCRIPTION, A, B, Two

ELSEWHERE = SUBSCRIPTION[:-4] + "9999"
LISTS = ("resources", "tagNames", "resourceGroups?$filter=tagName eq 'quokka'")
OFFERS = ("locations", "providers", "providers/Microsoft.MachineLearningServices")


def rows(two: Two, who: str, target: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = two.made(who, Request("GET", target)).json()["value"]
    return found


def test_everybody_lists_what_they_may_read_and_no_more(two: Two):
    every = rows(two, "admin", f"{SUBSCRIPTION}/resources")
    assert {one["name"] for one in every} >= {"mlw-quokka", "mlw-okapi", "stquokka", "stokapi"}
    assert [one["name"] for one in rows(two, "eve", f"{SUBSCRIPTION}/resources")] == ["mlw-okapi"]
    assert [one["name"] for one in rows(two, "eve", f"{B.group}/resources")] == ["mlw-okapi"]
    inside = {one["name"] for one in rows(two, "gil", f"{SUBSCRIPTION}/resources")}
    assert inside == {"mlw-okapi", "stokapi"}
    assert rows(two, "stranger", f"{SUBSCRIPTION}/resources") == []


@pytest.mark.parametrize("who", ["eve", "gil", "stranger"])
def test_no_list_names_what_is_somebody_elses(two: Two, who: str):
    for target in (*LISTS, *OFFERS):
        answer = two.get(who, f"{SUBSCRIPTION}/{target}")
        assert answer.status in (200, 403)
        assert not [mark for mark in MARKS if mark in answer.text], target
    absent = A.group.replace("quokka", "wombat")
    said = {(a.status, a.code) for a in (two.get(who, f"{g}/resources") for g in (A.group, absent))}
    assert said == {(403, "AuthorizationFailed")}


def test_a_stranger_is_not_told_which_subscriptions_there_are(two: Two):
    for target in LISTS:
        said = [two.get("stranger", f"{one}/{target}").json() for one in (SUBSCRIPTION, ELSEWHERE)]
        assert said == [{"value": []}] * 2
    for target in OFFERS:
        both = [two.get("stranger", f"{one}/{target}") for one in (SUBSCRIPTION, ELSEWHERE)]
        assert [one.status for one in both] == [403, 403]
    assert two.get("admin", f"{ELSEWHERE}/resources").code == "SubscriptionNotFound"
    assert two.get("admin", f"{ELSEWHERE}/locations").code == "SubscriptionNotFound"


def test_a_page_token_that_is_none_of_ours_is_refused(two: Two):
    for token in ("zz", "/subscriptions/zz", f"{A.group}%00"):
        answer = two.get("admin", f"{SUBSCRIPTION}/resources?$top=1&$skipToken={token}")
        assert answer.status == 400, token
    link = two.get("admin", f"{SUBSCRIPTION}/resources?$top=1").json()["nextLink"]
    assert two.get("admin", link.partition("8443")[2]).status == 200


def test_what_a_list_shows_is_less_than_the_resource_itself(two: Two):
    one = rows(two, "bo", f"{SUBSCRIPTION}/resources")[0]
    assert set(one) <= {"id", "name", "type", "location", "kind", "sku", "identity", "tags"}
    more = rows(two, "bo", f"{SUBSCRIPTION}/resources?$expand=createdTime,provisioningState")[0]
    assert set(more) - set(one) == {"createdTime", "provisioningState"}


def test_pages_hold_everything_once(two: Two):
    whole = [one["id"] for one in rows(two, "admin", f"{SUBSCRIPTION}/resources")]
    found: list[str] = []
    target = f"{SUBSCRIPTION}/resources?$top=2"
    while target:
        page = two.made("admin", Request("GET", target)).json()
        assert len(page["value"]) <= 2
        found += [one["id"] for one in page["value"]]
        target = page.get("nextLink", "").partition("localhost:8443")[2]
    assert found == whole
    assert len(set(found)) == len(found) > 4


def test_offers_are_the_same_for_all_who_see_the_subscription(two: Two):
    for target in OFFERS:
        mine, theirs = (two.made(who, Request("GET", f"{SUBSCRIPTION}/{target}")).json()
                        for who in ("eve", "admin"))  # fmt: skip
        assert mine == theirs
    assert two.get("eve", f"{SUBSCRIPTION}/providers/No.Such").code == "InvalidResourceNamespace"
    register = Request("POST", f"{SUBSCRIPTION}/providers/Microsoft.Storage/register", {})
    assert two.made("eve", register).json()["registrationState"] == "Registered"
    assert two.ask("stranger", register).status == 403


def test_containers_are_shown_to_those_who_may_read_them(two: Two):
    service = f"{A.group}/providers/Microsoft.Storage/storageAccounts/stquokka/blobServices/default"
    [one, *_] = rows(two, "admin", f"{service}/containers")
    assert two.get("admin", f"{service}/containers/{one['name']}").json()["id"] == one["id"]
    assert two.get("admin", f"{service}/containers/numbat-none").status == 404
    for target in (service, f"{service}/containers", one["id"], f"{service}/containers/none"):
        assert two.get("stranger", target).status == 403
