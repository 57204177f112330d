"""Azurite, Microsoft's emulator: the protocol's oracle, and what benchmarks compare with."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.blob_house import wait_for
from tests.ports import free_port

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".tools" / "azurite"
PROGRAM = HOME / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
ACCOUNT = "devstoreaccount1"
# Azurite's published key; it opens nothing but an emulator.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def install() -> None:
    """Once, at the pinned versions. Needs `npm`."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if PROGRAM.exists():
            return
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / "tests" / "azurite" / name, HOME / name)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=HOME, check=True)


@contextmanager
def azurite(folder: Path) -> Iterator[tuple[str, int]]:
    """The account's address, and the process's id."""
    install()
    port = free_port()
    process = subprocess.Popen(
        [
            "node",
            str(PROGRAM),
            "--blobHost=127.0.0.1",
            f"--blobPort={port}",
            f"--location={folder}",
            "--disableTelemetry",
            "--skipApiVersionCheck",
            "--silent",
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/{ACCOUNT}", process.pid
    finally:
        process.terminate()
        process.wait(30)
