"""Subscriptions and resource groups."""

from mlestate.catalog.resources import RESOURCE_GROUPS, SUBSCRIPTIONS
from mlestate.core.resource import View
from tests.catalog.faults import faults, show, write
from tests.catalog.golden import GROUP, SUBSCRIPTION
from tests.catalog.writing_by_hand import get


def test_a_subscription_has_a_name_to_show_and_a_state():
    shown = show(write(SUBSCRIPTION, {}), View(tenant="t1"))
    assert shown == {
        "displayName": SUBSCRIPTION.rpartition("/")[2],
        "state": "Enabled",
        "subscriptionId": SUBSCRIPTION.rpartition("/")[2],
        "tenantId": "t1",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionPolicies": {"spendingLimit": "Off"},
    }
    assert SUBSCRIPTIONS.flat


def test_a_group_is_shown_under_the_type_that_clients_know():
    group = write(GROUP, {"location": "westeurope", "tags": {"a": "b"}})
    assert get(RESOURCE_GROUPS, group)["type"] == "Microsoft.Resources/resourceGroups"


def test_a_group_has_a_region():
    assert set(faults(GROUP, {"location": ""})) == {"$.location"}
