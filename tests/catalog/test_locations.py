"""What a region answers about its machines."""

from mlestate.catalog import locations, vm_skus


def test_sizes_are_those_that_are_priced_in_the_region():
    here = locations.vm_sizes("WestEurope")["value"]
    priced = [sku for sku in vm_skus.all_skus() if "westeurope" in sku.usd_per_hour]
    assert [size["name"] for size in here] == [sku.name for sku in priced]
    assert locations.vm_sizes("atlantis") == {"value": []}


def test_a_size_says_what_it_has_and_costs():
    sizes = {size["name"]: size for size in locations.vm_sizes("westeurope")["value"]}
    small = sizes["Standard_DS3_v2"]
    assert (small["vCPUs"], small["memoryGB"], small["gpus"]) == (4, 14, 0)
    assert small["estimatedVMPrices"]["values"] == [
        {"retailPrice": 0.272, "osType": "Linux", "vmTier": "Standard"}
    ]
    assert sizes["Standard_NC4as_T4_v3"]["gpus"] == 1


def test_premium_storage_and_low_priority_follow_the_name():
    sizes = {size["name"]: size for size in locations.vm_sizes("eastus")["value"]}
    premium = {name: size["premiumIO"] for name, size in sizes.items()}
    assert premium["Standard_DS3_v2"]
    assert premium["Standard_D4s_v3"]
    assert not premium["Standard_D2_v2"]
    assert not sizes["Standard_B2ms"]["lowPriorityCapable"]


def test_usage_counts_cores_by_family_against_their_limit():
    used, limits = {"standardDSv2Family": 8}, {"standardDSv2Family": 100}
    listed = locations.usages("s1", "westeurope", used, limits)["value"]
    by_family = {item["name"]["value"]: item for item in listed}
    assert set(by_family) == set(locations.families())
    assert by_family["standardDSv2Family"]["currentValue"] == 8
    assert by_family["standardDSv2Family"]["limit"] == 100
    assert by_family["standardMSFamily"]["limit"] == 0


def test_quotas_are_the_limits():
    listed = locations.quotas("s1", "westeurope", {"standardDSv2Family": 100})["value"]
    [one] = [item for item in listed if item["limit"]]
    assert one["id"].endswith("/locations/westeurope/quotas/standardDSv2Family")


def test_a_size_is_found_in_any_case():
    assert vm_skus.find("STANDARD_ds3_V2") is vm_skus.find("Standard_DS3_v2") is not None
    assert vm_skus.find("Standard_Potato") is None
