"""How near an estate comes to Azure's limits."""

from __future__ import annotations

from mlestate.cli.headroom import as_text
from mlestate.estate.compile import compile_estate
from mlestate.estate.desired import Desired
from mlestate.estate.planning import headroom
from tests.estates import small

ONE = "11111111-1111-1111-1111-111111111111"


def uses(*changes: tuple[str, str]) -> dict[tuple[str, ...], int]:
    found = headroom.headroom(compile_estate(small(*changes)))
    return {(use.what, *use.where): use.used for use in found}


def test_everything_is_counted_where_azure_counts_it():
    assert uses(("fraud: {", "fraud: {regions: {train: [westeurope, eastus]}, ")) == {
        ("storage accounts", ONE, "westeurope"): 2,
        ("storage accounts", ONE, "eastus"): 2,
        ("resource groups", ONE): 4,
        ("resource groups in one deployment", ONE): 4,
        ("role assignments", ONE): 8,
        ("clusters", ONE, "westeurope"): 1,
        ("clusters", ONE, "eastus"): 1,
        ("cores", ONE, "westeurope", "standardDSv2Family"): 8,
        ("cores", ONE, "eastus", "standardDSv2Family"): 8,
    }


def test_the_tightest_place_of_each_is_told_and_all_that_are_over():
    accounts = [_account(i, "westeurope") for i in range(251)] + [_account(999, "eastus")]
    text = as_text([*accounts, *compile_estate(small())])
    assert "storage accounts: 253 of 250 (one, westeurope)  over: spread it" in text
    assert "eastus" not in text
    assert "resource groups: 2 of 980 (one)" in text


def _account(number: int, region: str) -> Desired:
    kind = "Microsoft.Storage/storageAccounts"
    id = f"/subscriptions/{ONE}/resourceGroups/g/providers/{kind}/s{number}"
    return Desired(id, kind, {"location": region})
