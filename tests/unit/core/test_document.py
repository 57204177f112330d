"""The members that every type shares."""

import pytest

from mlestate.catalog import by_name
from mlestate.core import document
from mlestate.core.errors import Invalid

GROUP = by_name()["microsoft.resources/subscriptions/resourcegroups"]
ACCOUNT = by_name()["microsoft.storage/storageaccounts"]


def refused(kind, body) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        document.read(kind, body)
    return {detail.target: str(detail) for detail in caught.value.details}


def test_a_tracked_resource_needs_a_location():
    assert set(refused(GROUP, {"tags": {}})) == {"$.location"}
    assert document.read(GROUP, {"location": "westeurope"})


def test_faults_of_envelope_tags_and_properties_are_told_together():
    body = {
        "identity": {"type": "Nobody"},
        "sku": {},
        "properties": {"accessTier": "Tepid", "isHnsEnabled": "no"},
    }
    assert set(refused(ACCOUNT, body)) == {
        "$.identity.type",
        "$.sku.name",
        "$.location",
        "$.properties.accessTier",
        "$.properties.isHnsEnabled",
    }


def test_tags_are_held_to_azures_rules():
    assert set(refused(GROUP, {"location": "x", "tags": {"a?b": ""}})) == {"$.tags.a?b"}


def test_null_members_are_as_good_as_absent():
    assert document.read(
        ACCOUNT, {"location": "x", "tags": None, "sku": None, "properties": {"accessTier": None}}
    )


@pytest.mark.parametrize("body", [None, 1, [], "text"])
def test_a_body_that_is_no_object_is_refused(body):
    assert set(refused(GROUP, body)) == {"$"}
