"""What a region answers about its machines: sizes and prices, cores used, cores allowed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from . import vm_skus
from .references import ML
from .vm_skus import VmSku

# `DS3_v2`, `D4s_v5`: an S at the end of the series or among the letters is premium storage.
_PREMIUM = re.compile(r"Standard_[A-Z]+(?:S\d|\d+[a-z]*s)")
_KIND = f"{ML}/vmFamily/dedicatedCores"
SUPPORTED_COMPUTES = ("AmlCompute",)


def vm_sizes(location: str) -> dict[str, Any]:
    """The sizes that are priced in the region. Prices are list prices, on demand."""
    place = location.lower()
    return {"value": [_size(sku, place) for sku in vm_skus.all_skus() if place in sku.usd_per_hour]}


def usages(
    subscription: str, location: str, used: Mapping[str, int], limits: Mapping[str, int]
) -> dict[str, Any]:
    """Cores by VM family, used and allowed; a family that has no limit has none to use."""
    return {
        "value": [
            {
                "id": f"{_home(subscription, location)}/usages/{family}",
                "type": f"{_KIND}/usages",
                "amlWorkspaceLocation": location,
                "unit": "Count",
                "currentValue": used.get(family, 0),
                "limit": limits.get(family, 0),
                "name": {"value": family, "localizedValue": family},
            }
            for family in families()
        ]
    }


def quotas(subscription: str, location: str, limits: Mapping[str, int]) -> dict[str, Any]:
    """The limits themselves, as `updateQuotas` takes them."""
    return {
        "value": [
            {
                "id": f"{_home(subscription, location)}/quotas/{family}",
                "type": f"{_KIND}/quotas",
                "amlWorkspaceLocation": location,
                "unit": "Count",
                "limit": limits.get(family, 0),
                "name": {"value": family, "localizedValue": family},
            }
            for family in families()
        ]
    }


def families() -> list[str]:
    return sorted({sku.family for sku in vm_skus.all_skus()}, key=str.lower)


def _home(subscription: str, location: str) -> str:
    return f"/subscriptions/{subscription}/providers/{ML}/locations/{location}"


def _size(sku: VmSku, location: str) -> dict[str, Any]:
    price = {
        "retailPrice": sku.usd_per_hour[location],
        "osType": "Linux",
        "vmTier": "Standard",
    }
    return {
        "name": sku.name,
        "family": sku.family,
        "vCPUs": sku.v_cpus,
        "gpus": math.ceil(sku.gpu_count),
        "memoryGB": sku.memory_gib,
        # Azure sells all but the burstable sizes at low priority.
        "lowPriorityCapable": sku.kind != "burstable",
        "premiumIO": _PREMIUM.match(sku.name) is not None,
        "estimatedVMPrices": {
            "billingCurrency": "USD",
            "unitOfMeasure": "OneHour",
            "values": [price],
        },
        "supportedComputeTypes": list(SUPPORTED_COMPUTES),
    }
