"""Storage accounts and the records beside them."""

import pytest

from mlestate.core.resource import View
from tests.catalog.faults import faults, show, write
from tests.catalog.golden import EVERY

ACCOUNT = EVERY["storage"]["id"]


def test_keys_open_nothing_unless_it_is_asked_for():
    assert show(write(ACCOUNT, {}))["allowSharedKeyAccess"] is False
    asked = write(ACCOUNT, {"properties": {"allowSharedKeyAccess": True}})
    assert show(asked)["allowSharedKeyAccess"] is True


def test_an_account_says_where_its_blobs_are():
    account = write(ACCOUNT, {})
    assert show(account)["primaryEndpoints"] == {
        "blob": "https://localhost:8443/_blob/stfrauddev.blob.core.windows.net/"
    }
    away = View("https://ml.contoso.example", storage_suffix="contoso.example")
    assert show(account, away)["primaryEndpoints"] == {
        "blob": "https://stfrauddev.blob.contoso.example/"
    }


def test_an_account_says_what_clients_read_of_every_account():
    shown = show(write(ACCOUNT, {"properties": {"networkAcls": {"defaultAction": "Deny"}}}))
    assert shown["encryption"]["keySource"] == "Microsoft.Storage"
    assert shown["networkAcls"]["defaultAction"] == "Deny"
    assert shown["networkAcls"]["ipRules"] == []
    assert (shown["minimumTlsVersion"], shown["statusOfPrimary"]) == ("TLS1_2", "available")
    assert shown["creationTime"] == shown["keyCreationTime"]["key1"]


def test_unknown_kinds_and_sizes_are_refused_together():
    body = {"kind": "Tape", "sku": {"name": "Tiny"}, "tags": {"n" * 129: ""}}
    assert set(faults(ACCOUNT, body)) == {"$.kind", "$.sku.name", f"$.tags.{'n' * 129}"}


def test_a_hierarchical_account_stays_one():
    old = write(ACCOUNT, {"properties": {"isHnsEnabled": True}})
    assert show(write(ACCOUNT, {"properties": {}}, old))["isHnsEnabled"] is True
    assert "$.properties.isHnsEnabled" in faults(
        ACCOUNT, {"properties": {"isHnsEnabled": False}}, old
    )


@pytest.mark.parametrize(
    ("name", "field"),
    [("insights", "InstrumentationKey"), ("insights", "AppId"), ("logs", "customerId")],
)
def test_a_record_keeps_the_key_it_was_made_with(name: str, field: str):
    example = EVERY[name]
    old = write(example["id"], example["body"], fresh_id="first")
    new = write(example["id"], example["body"], old, fresh_id="second")
    assert show(old)[field] == show(new)[field] == "first"
