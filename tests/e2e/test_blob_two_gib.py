"""A real file of 2 GiB through the real client, against a server in a process of its own.

It starts a process because it's the process's memory that is promised.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from azure.storage.blob import BlobServiceClient

from tests import blob_house
from tests.big_file import BigFile

SIZE = 2 << 30
MOST_MEMORY = 200.0  # MiB


class Sink:
    """Hashes what comes down, and keeps none of it."""

    def __init__(self) -> None:
        self.hash, self.size = hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.size += len(data)
        return len(data)


def test_two_gib_go_up_and_down_within_200_mib_of_memory(tmp_path: Path) -> None:
    with blob_house.process(tmp_path) as (url, pid):
        with BlobServiceClient(url, credential=blob_house.KEY) as service:
            blob = service.create_container("big").get_blob_client("file")
            sent, got = BigFile(SIZE, with_digest=True), Sink()
            blob.upload_blob(sent, length=SIZE, max_concurrency=2)
            assert blob.get_blob_properties().size == SIZE
            blob.download_blob().readinto(got)
        assert (got.size, got.hash.digest()) == (SIZE, sent.digest())
        peak = blob_house.peak_memory(pid)
        print(f"the server took {peak:.0f} MiB at most")
        assert peak < MOST_MEMORY
