"""What was acknowledged is there after `kill -9`. It starts processes because it kills them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.storage.blob import BlobBlock, BlobServiceClient, ContainerClient

from tests import blob_house

ROUNDS = 3


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    acknowledged: dict[str, bytes] = {}
    for round_ in range(ROUNDS):
        with blob_house.process(tmp_path) as (url, pid):
            box = opened(url)
            check(box, acknowledged)
            write_until_killed(box, pid, round_, acknowledged)
    assert len(acknowledged) >= ROUNDS * 10
    with blob_house.process(tmp_path) as (url, _):
        check(opened(url), acknowledged)


def test_blocks_that_were_acknowledged_outlive_a_kill(tmp_path: Path) -> None:
    blocks = {f"{i}": os.urandom(1 + i * (2 << 20)) for i in range(4)}
    with blob_house.process(tmp_path) as (url, pid):
        blob = opened(url).get_blob_client("blob")
        for name, data in blocks.items():
            blob.stage_block(name, data)
        os.kill(pid, signal.SIGKILL)
    with blob_house.process(tmp_path) as (url, _):
        blob = opened(url).get_blob_client("blob")
        blob.commit_block_list([BlobBlock(name) for name in blocks])
        assert blob.download_blob().readall() == b"".join(blocks.values())


def opened(url: str) -> ContainerClient:
    service = BlobServiceClient(url, credential=blob_house.KEY, retry_total=0)
    box = service.get_container_client("box")
    if not box.exists():
        box.create_container()
    return box


def write_until_killed(
    box: ContainerClient, pid: int, round_: int, acknowledged: dict[str, bytes]
) -> None:
    """Whole blobs and blocks in turns; the kill comes in the middle of it all."""
    try:
        for i in range(1000):
            name, data = f"{round_}/{i:03}", os.urandom(10_000 * (i % 3) + 1)
            if i % 2:
                box.upload_blob(name, data)
            else:
                blob = box.get_blob_client(name)
                blob.stage_block("a", data)
                blob.commit_block_list([BlobBlock("a")])
            acknowledged[name] = data
            if i == 20:
                os.kill(pid, signal.SIGKILL)
    except (ServiceRequestError, ServiceResponseError, HttpResponseError):
        return
    raise AssertionError("the server was not killed")


def check(box: ContainerClient, acknowledged: dict[str, bytes]) -> None:
    """All that was acknowledged is there, and whatever else is there can be read."""
    found = {blob.name: box.download_blob(blob.name).readall() for blob in box.list_blobs()}
    assert {name: found.get(name) for name in acknowledged} == acknowledged
