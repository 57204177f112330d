"""The tags of a resource as a thing of their own: who writes them, and what they cannot change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.asking import Answer, Request
from tests.access.two_workspaces import AUTHORIZATION, SUBSCRIPTION, A, B, Two

CONTRIBUTOR = "4a9ae827-6dc8-4573-8ac7-8239d42aa03f"
END = "/providers/Microsoft.Resources/tags/default"


@pytest.fixture
def tagged(fresh: Two) -> Two:
    """Eve may write tags in her group, and nothing else there besides her own workspace."""
    fresh.ids["tia"] = fresh.person("tia")
    fresh.grant(B.group, CONTRIBUTOR, fresh.ids["tia"])
    return fresh


def ask(two: Two, who: str, scope: str, method: str = "GET", **said: Any) -> Answer:
    body = {**said, "properties": {"tags": said.pop("tags")}} if "tags" in said else None
    if body is not None:
        body.pop("tags", None)
    return two.ask(who, Request(method, f"{scope}{END}", body))


def tags(answer: Answer) -> Any:
    assert answer.status == 200, answer.text
    return answer.json()["properties"]["tags"]


def test_whoever_may_tag_and_nothing_else_tags(tagged: Two):
    assert tags(ask(tagged, "tia", B.account, "PUT", tags={"a": "1", "b": "2"})) == {
        "a": "1",
        "b": "2",
    }
    merged = ask(tagged, "tia", B.account, "PATCH", operation="Merge", tags={"A": "3", "c": "4"})
    assert tags(merged) == {"A": "3", "b": "2", "c": "4"}
    less = ask(tagged, "tia", B.account, "PATCH", operation="Delete", tags={"b": "9", "c": ""})
    assert tags(less) == {"A": "3", "b": "2"}
    assert tags(ask(tagged, "tia", B.account)) == {"A": "3", "b": "2"}
    shown = tagged.made("admin", Request("GET", B.account)).json()
    assert shown["tags"] == {"A": "3", "b": "2"}
    assert shown["systemData"]["lastModifiedBy"] == "tia"
    assert tagged.ask("tia", Request("PATCH", B.account, {"tags": {}})).status == 403
    assert ask(tagged, "tia", B.account, "DELETE").status == 200
    assert tags(ask(tagged, "tia", B.account)) == {}
    assert tags(ask(tagged, "tia", B.group, "PUT", tags={"a": "1"})) == {"a": "1"}


def test_a_subscription_has_tags_and_what_is_in_a_workspace_has_not(tagged: Two):
    assert tags(ask(tagged, "admin", SUBSCRIPTION, "PUT", tags={"a": "1"})) == {"a": "1"}
    assert tags(ask(tagged, "admin", SUBSCRIPTION)) == {"a": "1"}
    for scope in (f"{B.workspace}/data/d", "", f"{B.group}/providers/No.Such/things/x"):
        assert ask(tagged, "admin", scope, "PUT", tags={"a": "1"}).status == 405


def test_live_data_stays_live_for_those_who_may_only_tag(tagged: Two):
    assert ask(tagged, "admin", B.account, "PUT", tags={"live": "true"}).status == 200
    for method, said in (
        ("PUT", {"tags": {"a": "1"}}),
        ("PUT", {"tags": {"live": "false"}}),
        ("PATCH", {"operation": "Merge", "tags": {"LIVE": "no"}}),
        ("PATCH", {"operation": "Delete", "tags": {"Live": ""}}),
        ("DELETE", {}),
    ):
        answer = ask(tagged, "tia", B.account, method, **said)
        assert answer.status == 403, f"{method} {said}"
        assert "storageAccounts/write" in answer.text
    assert tags(ask(tagged, "tia", B.account, "PUT", tags={"Live": "TRUE", "a": "1"}))["a"] == "1"


def test_all_that_is_wrong_with_tags_is_said_at_once(tagged: Two):
    answer = ask(tagged, "tia", B.account, "PUT", tags={"a%": "1", "b": "x" * 300})
    assert answer.status == 400
    said = answer.json()["error"]["details"]
    assert [one["target"] for one in said] == ["$.properties.tags.a%", "$.properties.tags.b"]
    long = ask(tagged, "tia", B.account, "PUT", tags={"a" * 200: "1"})
    assert (long.status, "128" in long.text) == (400, True)
    assert ask(tagged, "tia", B.account, "PATCH", operation="Nope", tags={}).status == 400
    assert ask(tagged, "tia", B.account, "PATCH", tags={}).status == 400
    twins = ask(tagged, "tia", B.account, "PATCH", operation="Merge", tags={"x": "1", "X": "2"})
    assert twins.status == 400
    other = tagged.ask("tia", Request("GET", f"{B.account}{END}".replace("default", "other")))
    assert other.status == 404


def test_a_lock_holds_them_too(tagged: Two):
    id = f"{B.group}/providers/{AUTHORIZATION}/locks/still"
    tagged.made("admin", Request("PUT", id, {"properties": {"level": "ReadOnly"}}))
    answer = ask(tagged, "tia", B.account, "PUT", tags={"a": "1"})
    assert (answer.status, answer.code) == (409, "ScopeLocked")
    assert tags(ask(tagged, "tia", B.account)) == {}


@pytest.mark.parametrize("who", ["eve", "stranger", "gil", "gone", ""])
def test_others_learn_nothing_of_tags(two: Two, who: str):
    absent = A.account.replace("quokka", "wombat")
    for method, said in (("GET", {}), ("PUT", {"tags": {"a": "1"}}), ("DELETE", {})):
        seen = {ask(two, who, scope, method, **said).status for scope in (A.account, absent)}
        assert seen <= {401, 403}, f"{method} as {who}"
        assert len(seen) == 1
