"""A checker of SCIM's RFCs, and a client of SCIM, both of others, against a whole estate."""

from __future__ import annotations

from pathlib import Path

from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from tests.directory.pushing import pushed


def test_a_checker_of_the_rfcs_finds_nothing_wrong(tmp_path: Path):
    with pushed(tmp_path / "data") as directory, directory.client() as client:
        results = check_server(SyncSCIMClient(client))
    bad = (Status.ERROR, Status.CRITICAL)
    wrong = [f"{result.title}: {result.reason}" for result in results if result.status in bad]
    assert not wrong, "\n".join(wrong)
    assert sum(result.status is Status.SUCCESS for result in results) > 50
