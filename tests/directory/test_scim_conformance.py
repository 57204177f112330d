"""A checker of SCIM's RFCs, and a client of SCIM, both of others, against a whole estate."""

from __future__ import annotations

from pathlib import Path

from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from tests.directory.pushing import pushed


def test_a_checker_of_the_rfcs_finds_nothing_wrong(tmp_path: Path):
    with pushed(tmp_path) as directory:
        results = check_server(SyncSCIMClient(directory.client()))
    wrong = [
        f"{r.title}: {r.reason}" for r in results if r.status in (Status.ERROR, Status.CRITICAL)
    ]
    assert not wrong, "\n".join(wrong)
    assert sum(r.status is Status.SUCCESS for r in results) > 50
