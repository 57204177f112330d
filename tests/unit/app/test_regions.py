"""Regions are opened while all goes on, and kept while anything stands in them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlestate.app.build import Estate
from mlestate.app.doors import Doors
from mlestate.app.settings import Settings
from mlestate.control.writing import Conditions
from mlestate.core.access import Caller
from mlestate.core.errors import Conflict, Invalid
from mlestate.core.resource import View

REGION = "/providers/Mlestate.Organization/regions/eastus"
GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-one"
SKU = {"sku": {"family": "A", "name": "standard"}}


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    estate = Estate(tmp_path, Settings(), ["westeurope"])
    yield estate
    estate.close()


@pytest.fixture
def admin(estate: Estate) -> Caller:
    caller = estate.identities.directory.caller(estate.found().administrator.id)
    assert caller is not None
    return caller


def put(estate: Estate, admin: Caller, id: str, body: dict[str, Any]) -> None:
    estate.engine.put(admin, id, body, Conditions(), View())
    while estate.worker.step():
        continue


def vault(estate: Estate, admin: Caller) -> None:
    put(estate, admin, GROUP.rpartition("/resourceGroups")[0], {})
    put(estate, admin, GROUP, {"location": "westeurope"})
    put(estate, admin, VAULT, {"location": "eastus", "properties": SKU})


def test_a_region_that_is_not_open_is_named_with_what_to_do(estate: Estate, admin: Caller):
    with pytest.raises(Invalid, match=r"no region `eastus`.*Allow it in `regions`"):
        vault(estate, admin)


def test_a_region_opens_with_its_cell_its_queue_and_its_agent(estate: Estate, admin: Caller):
    put(estate, admin, REGION, {})
    vault(estate, admin)
    assert (estate.data / "regions" / "eastus" / "agent.token").stat().st_mode & 0o077 == 0
    assert estate.queue.regions["eastus"].compute_state("eastus", "serverless") is not None
    assert Doors(estate).missing() == {}


def test_opening_again_changes_nothing(estate: Estate, admin: Caller):
    threads = [threading.Thread(target=estate.open, args=("eastus",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = estate.regions["eastus"]
    put(estate, admin, REGION, {})
    assert estate.regions["eastus"] is first


def test_a_region_that_holds_something_stays(estate: Estate, admin: Caller):
    put(estate, admin, REGION, {})
    vault(estate, admin)
    with pytest.raises(Conflict, match="resources stand in `eastus`"):
        estate.engine.delete(admin, REGION, Conditions(), View())
    estate.engine.delete(admin, VAULT, Conditions(), View())
    estate.engine.delete(admin, REGION, Conditions(), View())


def test_a_word_that_is_no_region_is_refused(estate: Estate, admin: Caller):
    with pytest.raises(Invalid, match="`atlantis` is no region of Azure"):
        put(estate, admin, REGION.replace("eastus", "atlantis"), {})
