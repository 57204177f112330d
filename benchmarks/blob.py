"""Moves one big file up and down, here and through Azurite, with the same client, in turns.

`python -m benchmarks.blob [--mib 512] [--rounds 3] [--concurrency 1] [--folder DIR]`

Both servers are processes of their own, on loopback and plain http, on the same disk. What is
printed per round and as the median: MiB/s up and down, ours over Azurite's, and each server's peak
memory.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from azure.storage.blob import BlobServiceClient, ContainerClient
from tests import azurite_server, blob_house
from tests.big_file import BigFile

MIB = 1 << 20


class Sink:
    """Counts only; that the bytes are right is for the tests."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        return len(data)

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def seek(self, offset: int, whence: int = 0) -> int:
        """Several connections write each at its own place; where does not matter to a count."""
        return offset


def up(container: ContainerClient, size: int, concurrency: int) -> float:
    blob = container.get_blob_client("big")
    begin = time.perf_counter()
    blob.upload_blob(BigFile(size), length=size, overwrite=True, max_concurrency=concurrency)
    return size / MIB / (time.perf_counter() - begin)


def down(container: ContainerClient, size: int, concurrency: int) -> float:
    sink = Sink()
    begin = time.perf_counter()
    container.get_blob_client("big").download_blob(max_concurrency=concurrency).readinto(sink)
    seconds = time.perf_counter() - begin
    assert sink.size == size
    return size / MIB / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    size = given.mib * MIB
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=given.folder)))
        (folder / "ours").mkdir()
        servers = {
            "mlestate": (stack.enter_context(blob_house.process(folder / "ours")), blob_house.KEY),
            "azurite": (
                stack.enter_context(azurite_server.azurite(folder / "azurite")),
                azurite_server.KEY,
            ),
        }
        containers = {
            name: BlobServiceClient(url, credential=key).create_container("bench")
            for name, ((url, _), key) in servers.items()
        }
        speeds: dict[tuple[str, str], list[float]] = {}
        for round_ in range(given.rounds):
            for name, container in containers.items():
                for way, move in (("up", up), ("down", down)):
                    speed = move(container, size, given.concurrency)
                    speeds.setdefault((name, way), []).append(speed)
                    print(f"round {round_ + 1}  {name:9}{way:5}{speed:8.0f} MiB/s", flush=True)
        for way in ("up", "down"):
            mine, theirs = (statistics.median(speeds[name, way]) for name in servers)
            print(
                f"median   {way:5}{mine:8.0f} against {theirs:.0f} MiB/s: {mine / theirs:.2f} times"
            )
        for name, ((_, pid), _) in servers.items():
            print(f"peak memory  {name:9}{blob_house.peak_memory(pid):8.0f} MiB")


if __name__ == "__main__":
    main()
