"""A search over several regions: each is asked, and the answers are one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mlestate.core.errors import Unavailable
from tests.access.asking import Request
from tests.access.two_workspaces import ML, SUBSCRIPTION, Two

REGIONS = ("westeurope", "eastus")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Two]:
    house = Two(tmp_path)
    house.put("/providers/Mlestate.Organization/regions/eastus", {})
    house.put(SUBSCRIPTION, {"properties": {"displayName": "shared"}})
    for region in REGIONS:
        stand(house, region)
    yield house
    house.close()


def workspace(region: str) -> str:
    return f"{SUBSCRIPTION}/resourceGroups/rg-{region}/providers/{ML}/workspaces/mlw-{region}"


def stand(house: Two, region: str) -> None:
    group = f"{SUBSCRIPTION}/resourceGroups/rg-{region}"
    account = f"{group}/providers/Microsoft.Storage/storageAccounts/st{region}"
    house.put(group, {"location": region})
    house.put(account, {"location": region})
    house.put(workspace(region), {"location": region, "properties": {"storageAccount": account}})
    for name in ("a", "b"):
        body = {"properties": {"modelUri": "azureml://x", "tags": {"stage": name}}}
        house.put(f"{workspace(region)}/models/{name}/versions/1", body)
    mlflow = f"/mlflow/v3.0{workspace(region)}/api/2.0/mlflow"
    house.made("admin", Request("POST", f"{mlflow}/runs/create", {"experiment_id": "0"}))


def search(house: Two, query: str) -> dict[str, Any]:
    found: dict[str, Any] = house.made("admin", Request("GET", f"/estate/v1/search?{query}")).json()
    return found


def test_regions_are_merged_in_order_and_counted_together(house: Two):
    found = search(house, "kind=model,run&$orderBy=name&facets=region,kind,tags.stage,workspace")
    models = [(row["name"], row["region"]) for row in found["value"] if row["kind"] == "model"]
    assert models == [("a", "eastus"), ("a", "westeurope"), ("b", "eastus"), ("b", "westeurope")]
    counts = {
        facet: {one["value"]: one["count"] for one in values}
        for facet, values in found["facets"].items()
    }
    assert counts["region"] == dict.fromkeys(REGIONS, 3)
    assert counts["kind"] == {"model": 4, "run": 2}
    assert counts["tags.stage"] == {"a": 2, "b": 2}
    assert found["count"] == 6


@pytest.mark.parametrize("order", ["-created", "created", "name", "-name", "modified"])
def test_pages_go_over_regions_and_stores_without_gap_or_overlap(house: Two, order: str):
    whole = [row["id"] for row in search(house, f"$orderBy={order}")["value"]]
    for size in (1, 2, 5):
        seen: list[str] = []
        query = f"$top={size}&$orderBy={order}"
        while query:
            page = search(house, query)
            seen += [row["id"] for row in page["value"]]
            query = page.get("nextLink", "").partition("?")[2]
        assert seen == whole


def test_what_is_written_meanwhile_neither_repeats_nor_hides_a_row(house: Two):
    whole = [row["id"] for row in search(house, "kind=model&$orderBy=-created")["value"]]
    first = search(house, "kind=model&$orderBy=-created&$top=2")
    body = {"properties": {"modelUri": "azureml://x"}}
    house.put(f"{workspace('eastus')}/models/new/versions/1", body)
    house.made("admin", Request("DELETE", whole[1]))
    rest = search(house, first["nextLink"].partition("?")[2])
    assert [row["id"] for row in first["value"] + rest["value"]] == whole


def test_a_region_that_is_away_is_named_and_takes_no_other_with_it(
    house: Two, monkeypatch: pytest.MonkeyPatch
):
    database = house.estate.cells.named("eastus")

    @contextmanager
    def away() -> Iterator[Any]:
        raise Unavailable("the database does not answer, try again")
        yield

    monkeypatch.setattr(database, "read", away)
    found = search(house, "kind=model&facets=region")
    assert {row["region"] for row in found["value"]} == {"westeurope"}
    assert found["missingRegions"] == ["eastus"]
    monkeypatch.setattr(house.estate.cells.named("westeurope"), "read", away)
    assert house.get("admin", "/estate/v1/search").status == 503
