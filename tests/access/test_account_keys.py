"""The keys of a storage account: whoever has one opens all of it, until it is renewed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from tests.access.asking import REGION, Answer, Request
from tests.access.two_workspaces import A, Two

NAME = A.account.rpartition("/")[2]
SHARED = {"location": REGION, "properties": {"allowSharedKeyAccess": True}}


@pytest.fixture
def shared(fresh: Two) -> Two:
    fresh.put(A.account, SHARED)
    return fresh


def keys(two: Two, action: str = "listKeys", body: Any = None) -> dict[str, str]:
    answer = two.made("admin", Request("POST", f"{A.account}/{action}", body or {}))
    return {each["keyName"]: each["value"] for each in answer.json()["keys"]}


def opened(two: Two, key: str) -> Answer:
    token = generate_account_sas(
        NAME,
        key,
        ResourceTypes(service=True),
        AccountSasPermissions(list=True),
        datetime.now(UTC) + timedelta(hours=1),
    )
    return two.ask("", Request("GET", f"/_blob/{NAME}?comp=list&{token}"))


def test_a_key_that_was_renewed_opens_nothing_any_more(shared: Two):
    before = keys(shared)
    assert [opened(shared, key).status for key in before.values()] == [200, 200]
    after = keys(shared, "regenerateKey", {"keyName": "key1"})
    assert (after["key1"] != before["key1"], after["key2"]) == (True, before["key2"])
    assert keys(shared) == after
    assert opened(shared, before["key1"]).status == 403
    assert [opened(shared, key).status for key in after.values()] == [200, 200]


def test_renewed_keys_stay_renewed_whatever_becomes_of_the_account(shared: Two):
    after = keys(shared, "regenerateKey", {"keyName": "key2"})
    shared.put(A.account, {"location": REGION, "properties": {"allowSharedKeyAccess": False}})
    assert opened(shared, after["key2"]).status == 403
    shared.put(A.account, SHARED | {"tags": {"a": "1"}})
    assert keys(shared) == after
    made = shared.get("admin", A.account).json()["properties"]["keyCreationTime"]
    assert made["key2"] > made["key1"]


def test_which_key_has_to_be_said_and_keys_that_are_off_are_not_renewed(fresh: Two):
    renew = Request("POST", f"{A.account}/regenerateKey", {"keyName": "key1"})
    assert fresh.ask("admin", renew).code == "KeyBasedAuthenticationNotPermitted"
    fresh.put(A.account, SHARED)
    wrong = fresh.ask("admin", Request("POST", renew.target, {"keyName": "kerb1"}))
    assert (wrong.status, wrong.json()["error"]["target"]) == (400, "$.keyName")
    for who in ("bo", "eve", "stranger"):
        assert fresh.ask(who, renew).code == "AuthorizationFailed"
