"""What a change is made of, beside what was sent."""

from __future__ import annotations

import pytest

from mlestate.catalog import by_name
from mlestate.core import ids, shape

GROUP = "/subscriptions/s/resourceGroups/rg/providers"


@pytest.mark.parametrize(
    ("type", "name", "tier"),
    [
        ("Microsoft.Storage/storageAccounts", "Standard_GRS", "Standard"),
        ("Microsoft.Storage/storageAccounts", "Premium_LRS", "Premium"),
        ("Microsoft.ContainerRegistry/registries", "Basic", "Basic"),
    ],
)
def test_a_tier_that_was_not_sent_is_that_of_the_size(type: str, name: str, tier: str):
    kind = by_name()[type.lower()]
    body = {"location": "westeurope", "sku": {"name": name}}
    change = shape.change(kind, ids.parse(f"{GROUP}/{type}/quokka"), body, None, 0.0, "")
    assert change.document["sku"] == {"name": name, "tier": tier}
