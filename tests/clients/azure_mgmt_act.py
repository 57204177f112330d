"""The management clients of resources, subscriptions and locks, as they are."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.mgmt.resource.locks import ManagementLockClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.resources.models import GenericResource, Tags, TagsResource
from azure.mgmt.resource.subscriptions import SubscriptionClient

ORIGIN = os.environ["ORIGIN"]
SUBSCRIPTION = "6b1f6d1e-52a4-4a0e-9f0c-2a4c7c1d0001"
PROD = "6b1f6d1e-52a4-4a0e-9f0c-2a4c7c1d0002"
WHERE: dict[str, Any] = {"base_url": ORIGIN, "credential_scopes": [f"{ORIGIN}/.default"]}


def credential() -> ClientSecretCredential:
    return ClientSecretCredential(
        os.environ["TENANT"],
        os.environ["CLIENT"],
        os.environ["SECRET"],
        authority=ORIGIN,
        disable_instance_discovery=True,
    )


def status(work: Callable[[], Any]) -> tuple[int | None, str]:
    try:
        found = work()
        list(found) if hasattr(found, "__iter__") else None
    except HttpResponseError as error:
        return error.status_code, error.error.code if error.error else ""
    return 200, ""


def owner() -> None:
    """Whoever owns the estate."""
    who = credential()
    subscriptions = SubscriptionClient(who, **WHERE)
    assert [one.display_name for one in subscriptions.subscriptions.list()] == ["nonprod", "prod"]
    assert [one.tenant_id for one in subscriptions.tenants.list()] == [os.environ["TENANT"]]
    places = subscriptions.subscriptions.list_locations(SUBSCRIPTION)
    assert [one.name for one in places] == ["westeurope"]
    client = ResourceManagementClient(who, SUBSCRIPTION, **WHERE)
    _groups(client)
    _resources(client)
    _tags(client)
    _providers(client)
    _locks(ManagementLockClient(who, SUBSCRIPTION, **WHERE), client)
    client.resource_groups.begin_delete("rg-sdk").result()
    assert not client.resource_groups.check_existence("rg-sdk")
    assert status(lambda: client.resource_groups.begin_delete("rg-sdk")) == (
        404,
        "ResourceGroupNotFound",
    )


def _groups(client: ResourceManagementClient) -> None:
    groups = client.resource_groups
    assert not groups.check_existence("rg-sdk")
    groups.create_or_update("rg-sdk", {"location": "West Europe", "tags": {"by": "sdk"}})
    assert groups.check_existence("rg-sdk")
    assert groups.get("rg-sdk").location == "westeurope"
    found = groups.list(filter="tagName eq 'by' and tagValue eq 'sdk'")
    assert [one.name for one in found] == ["rg-sdk"]
    # Azure pages by its own measure; so may whoever asks.
    assert len(list(groups.list(top=1))) == 8
    assert groups.update("rg-sdk", {"tags": {"by": "sdk", "more": "1"}}).tags["more"] == "1"


def _resources(client: ResourceManagementClient) -> None:
    id = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-sdk/providers"
    id += "/Microsoft.Storage/storageAccounts/stbysdk"
    new = GenericResource(location="westeurope", tags={"by": "sdk"}, properties={})
    client.resources.begin_create_or_update_by_id(id, "2023-05-01", new).result()
    assert client.resources.check_existence_by_id(id, "2023-05-01")
    assert not client.resources.check_existence_by_id(f"{id}x", "2023-05-01")
    assert client.resources.get_by_id(id, "2023-05-01").properties["accessTier"] == "Hot"
    changed = GenericResource(tags={"by": "you"})
    client.resources.begin_update_by_id(id, "2023-05-01", changed).result()
    all_of_it = [one.name for one in client.resources.list()]
    assert "mlw-fraud-dev" in all_of_it
    assert len(all_of_it) == len(set(all_of_it))
    assert [one.name for one in client.resources.list(top=2)] == all_of_it
    for filter, wanted in (
        ("resourceType eq 'Microsoft.MachineLearningServices/workspaces'", "mlw-fraud-dev"),
        ("tagName eq 'by' and tagValue eq 'you'", "stbysdk"),
        ("resourceGroup eq 'RG-SDK'", "stbysdk"),
        ("substringof('bysd', name) and location eq 'West Europe'", "stbysdk"),
        ("startswith(tagName, 'b') or name eq 'mlw-fraud-dev'", "mlw-fraud-dev"),
        ("not (resourceType ne 'microsoft.storage/storageaccounts')", "stbysdk"),
    ):
        assert wanted in [one.name for one in client.resources.list(filter=filter)], filter
    one = next(iter(client.resources.list_by_resource_group("rg-sdk", expand="createdTime")))
    assert one.name == "stbysdk"
    assert one.created_time is not None
    wrong = status(lambda: client.resources.list(filter="plan/name eq 'x'"))
    assert wrong == (400, "InvalidFilterInQueryString")
    assert status(lambda: client.resources.list_by_resource_group("rg-no")) == (
        404,
        "ResourceGroupNotFound",
    )


def _tags(client: ResourceManagementClient) -> None:
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-sdk"
    tags = client.tags.begin_create_or_update_at_scope(
        scope, TagsResource(properties=Tags(tags={"a": "1"}))
    ).result()
    assert tags.properties.tags == {"a": "1"}
    patch = {"operation": "Merge", "properties": {"tags": {"b": "2"}}}
    client.tags.begin_update_at_scope(scope, patch).result()
    assert client.tags.get_at_scope(scope).properties.tags == {"a": "1", "b": "2"}
    assert client.resource_groups.get("rg-sdk").tags == {"a": "1", "b": "2"}
    assert {"a", "by", "project"} <= {one.tag_name for one in client.tags.list()}
    client.tags.begin_delete_at_scope(scope).result()
    assert client.tags.get_at_scope(scope).properties.tags == {}


def _providers(client: ResourceManagementClient) -> None:
    found = client.providers.get("microsoft.machinelearningservices")
    assert found.registration_state == "Registered"
    workspaces = next(one for one in found.resource_types if one.resource_type == "workspaces")
    assert workspaces.locations == ["West Europe"]
    assert workspaces.api_versions
    listed = [one.namespace for one in client.providers.list()]
    assert listed == [one.namespace for one in client.providers.list_at_tenant_scope()]
    assert found.namespace in listed
    assert client.providers.register("Microsoft.Storage").namespace == "Microsoft.Storage"


def _locks(locks: ManagementLockClient, client: ResourceManagementClient) -> None:
    of = locks.management_locks
    of.create_or_update_at_resource_group_level("rg-sdk", "keep", {"level": "ReadOnly"})
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-sdk"
    assert [one.name for one in of.list_at_resource_group_level("rg-sdk")] == ["keep"]
    refused = status(lambda: client.tags.begin_delete_at_scope(scope))
    assert refused == (409, "ScopeLocked")
    assert of.get_at_resource_group_level("rg-sdk", "keep").level == "ReadOnly"
    of.delete_at_resource_group_level("rg-sdk", "keep")


def scientist() -> None:
    """Somebody with a role in a workspace or two, and none in production."""
    who = credential()
    seen = [one.display_name for one in SubscriptionClient(who, **WHERE).subscriptions.list()]
    assert seen == ["nonprod"]
    client = ResourceManagementClient(who, SUBSCRIPTION, **WHERE)
    assert {one.type for one in client.resources.list()} == {
        "Microsoft.MachineLearningServices/workspaces"
    }
    assert [one.name for one in client.resource_groups.list()] == []
    assert list(client.resources.list(filter="resourceGroup eq 'rg-churn-dev'")) == []
    assert client.providers.get("Microsoft.MachineLearningServices").resource_types
    # Where one sees nothing it is the same whether there is something or not.
    for subscription in (PROD, PROD[:-1] + "9"):
        other = ResourceManagementClient(who, subscription, **WHERE)
        assert list(other.resources.list()) == []
        assert list(other.tags.list()) == []
        assert status(lambda c=other: c.providers.get("Microsoft.Storage"))[0] == 403
    for group in ("rg-churn-dev", "rg-nowhere"):
        denied = (403, "AuthorizationFailed")
        assert status(lambda g=group: client.resources.list_by_resource_group(g)) == denied
        scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"
        assert status(lambda s=scope: client.tags.get_at_scope(s)) == denied
        assert status(lambda g=group: client.resource_groups.begin_delete(g)) == denied
        # A HEAD has no body to say why.
        assert status(lambda g=group: client.resource_groups.check_existence(g))[0] == 403


if __name__ == "__main__":
    {"owner": owner, "scientist": scientist}[sys.argv[1]]()
