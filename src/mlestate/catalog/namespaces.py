"""Resource providers as Azure's clients ask for them: namespaces, their types and api-versions.

Any api-version is taken; a client that asks which there are takes the newest that is no preview.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from ..core.resource_type import ResourceType
from . import CATALOG

OWN_VERSION = "2026-01-01"
# Newest first, as Azure lists them.
_VERSIONS: Mapping[str, tuple[str, ...]] = {
    "Microsoft.Authorization": ("2022-04-01", "2020-05-01", "2018-07-01"),
    "Microsoft.ContainerRegistry": ("2023-07-01", "2019-05-01"),
    "Microsoft.Insights": ("2020-02-02", "2015-05-01"),
    "Microsoft.KeyVault": ("2023-07-01", "2019-09-01"),
    "Microsoft.MachineLearningServices": (
        "2025-06-01",
        "2024-10-01",
        "2024-04-01",
        "2024-01-01-preview",
        "2023-10-01",
        "2023-04-01",
    ),
    "Microsoft.Management": ("2023-04-01", "2021-04-01"),
    "Microsoft.OperationalInsights": ("2023-09-01", "2020-08-01"),
    "Microsoft.Resources": ("2022-12-01", "2022-09-01", "2021-04-01"),
    "Microsoft.Storage": ("2023-05-01", "2019-06-01"),
}
# What is answered below a namespace beside the types of the catalog.
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "Microsoft.MachineLearningServices": (
        "locations",
        "locations/vmSizes",
        "locations/usages",
        "locations/quotas",
    ),
    "Microsoft.Insights": ("eventcategories", "eventtypes/values"),
    "Microsoft.Resources": (
        "providers",
        "resources",
        "subscriptions/locations",
        "subscriptions/providers",
        "subscriptions/resources",
        "subscriptions/tagNames",
        "tags",
        "tenants",
    ),
    "Microsoft.Storage": (
        "storageAccounts/blobServices",
        "storageAccounts/blobServices/containers",
    ),
}


@cache
def names() -> Mapping[str, str]:
    """Every namespace as it is spelled, by its lower case."""
    return {kind.namespace.lower(): kind.namespace for kind in CATALOG}


def versions(namespace: str) -> tuple[str, ...]:
    return _VERSIONS.get(namespace, (OWN_VERSION,))


def document(scope: str, namespace: str, places: Sequence[str]) -> dict[str, Any]:
    """A namespace as it is seen in a subscription, or with an empty `scope` in the tenant. `places`
    are the names of the regions."""
    registered = {"registrationState": "Registered"} if scope else {}
    return {
        "id": f"{scope}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationFree",
        **registered,
        "resourceTypes": list(_types(namespace, places)),
    }


def _types(namespace: str, places: Sequence[str]) -> Iterable[dict[str, Any]]:
    for kind in CATALOG:
        if kind.namespace == namespace:
            yield _type(kind.name, places if kind.tracked else (), _capabilities(kind))
    if any(kind.unique_in for kind in CATALOG if kind.namespace == namespace):
        yield _type(f"{namespace}/checkNameAvailability", (), "None")
    for name in _BESIDE.get(namespace, ()):
        yield _type(f"{namespace}/{name}", (), "None")


def _type(name: str, places: Sequence[str], capabilities: str) -> dict[str, Any]:
    namespace, _, rest = name.partition("/")
    known = versions(namespace)
    return {
        "resourceType": rest,
        "locations": list(places),
        "apiVersions": list(known),
        "defaultApiVersion": known[0],
        "capabilities": capabilities,
    }


def _capabilities(kind: ResourceType) -> str:
    return "SupportsTags, SupportsLocation" if kind.tracked else "None"
