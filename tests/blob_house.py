"""A small house around the blob protocol: three accounts, a few people, two regions.

`python -m tests.blob_house FOLDER PORT` serves it in a process of its own.
"""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from mlestate.api.allocator import keep_freed_memory
from mlestate.api.blob.app import BlobApp
from mlestate.api.blob.ports import Account, Ports
from mlestate.api.straight import StraightProtocol
from mlestate.app.joints.letters import held
from mlestate.blob.cell import Cell
from mlestate.blob.folder import FolderBodies
from mlestate.core.access import Caller, Grant, Permission, Rights, Role
from mlestate.core.errors import Unauthenticated
from mlestate.store import blob_tables
from mlestate.store.database import Database
from tests.ports import free_port

ROOT = Path(__file__).parent.parent
KEY = base64.b64encode(b"k" * 64).decode()
OTHER_KEY = base64.b64encode(b"o" * 64).decode()
SECRET = b"a secret of the server"
TENANT = "11111111-1111-1111-1111-111111111111"
GROUP = "/subscriptions/s/resourceGroups/g/providers"
OPEN = f"{GROUP}/Microsoft.Storage/storageAccounts/open"
SHUT = f"{GROUP}/Microsoft.Storage/storageAccounts/shut"
FAR = f"{GROUP}/Microsoft.Storage/storageAccounts/far"
STORE = f"{GROUP}/Microsoft.MachineLearningServices/workspaces/w/datastores/d"
LIST_SECRETS = "Microsoft.MachineLearningServices/workspaces/datastores/listsecrets/action"

_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
OWNER = Role("o", "Storage Blob Data Owner", (Permission(actions=("*",), data_actions=("*",)),))
CONTRIBUTOR = Role(
    "c",
    "Storage Blob Data Contributor",
    (
        Permission(
            actions=(
                f"{_CONTAINERS}/read",
                f"{_CONTAINERS}/write",
                f"{_CONTAINERS}/delete",
                "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
            ),
            data_actions=(
                f"{_BLOBS}/read",
                f"{_BLOBS}/write",
                f"{_BLOBS}/delete",
                f"{_BLOBS}/add/action",
            ),
        ),
    ),
)
READER = Role("r", "Storage Blob Data Reader", (Permission(data_actions=(f"{_BLOBS}/read",)),))
ADDER = Role("a", "May add", (Permission(data_actions=(f"{_BLOBS}/add/action",)),))
SECRETS = Role("s", "May list secrets", (Permission(actions=(LIST_SECRETS,)),))


class People:
    """Who exists, and what they may do now; a bearer token is simply a person's id."""

    def __init__(self) -> None:
        self.grants: dict[str, list[Grant]] = {
            "owner": [Grant("/", OWNER)],
            "contributor": [Grant(OPEN, CONTRIBUTOR), Grant(SHUT, CONTRIBUTOR)],
            "reader": [Grant(f"{OPEN}/blobServices/default/containers/shared", READER)],
            "adder": [Grant(OPEN, ADDER)],
            "scientist": [Grant(STORE, SECRETS)],
            "stranger": [],
        }

    def find(self, id: str) -> Caller | None:
        if id not in self.grants:
            return None
        return Caller(id, id, "User", Rights(self.grants[id]))

    def authenticate(self, token: str) -> Caller:
        found = self.find(token)
        if found is None:
            raise Unauthenticated("No such token.")
        return found


class Shelf:
    """The accounts by name."""

    def __init__(self) -> None:
        self._accounts = {
            account.name: account
            for account in (
                Account(OPEN, "open", "west", (KEY, OTHER_KEY), True),
                Account(SHUT, "shut", "west", (KEY, OTHER_KEY), False),
                Account(FAR, "far", "north", (KEY, OTHER_KEY), True),
            )
        }

    def find(self, name: str) -> Account | None:
        return self._accounts.get(name)


class House:
    def __init__(self, folder: Path):
        self.people = People()
        self.ahead = 0.0
        self.cells = {
            region: self._cell(folder / region, f"sqlite:///{folder}/{region}.db")
            for region in ("west", "north")
        }
        self.threads = ThreadPoolExecutor(8)
        self.ports = Ports(
            accounts=Shelf(),
            cell=self.cells.__getitem__,
            authenticate=self.people.authenticate,
            caller=lambda signed: self.people.find(signed.principal),
            since=lambda _: 0.0,
            opens=lambda right, account, container, writes: right.scope == STORE,
            letters=held,
            secret=SECRET,
            tenant=TENANT,
            clock=self.now,
            threads=self.threads,
        )
        self.app = BlobApp(self.ports)

    def now(self) -> float:
        """The time, which a test may put ahead."""
        return time.time() + self.ahead

    def close(self) -> None:
        self.threads.shutdown()
        for cell in self.cells.values():
            cell.database.close()

    def _cell(self, folder: Path, url: str) -> Cell:
        database = Database(url)
        database.create(blob_tables.metadata)
        return Cell(database, FolderBodies(folder), self.now)


def server(house: House, port: int, **settings: Any) -> uvicorn.Server:
    config = uvicorn.Config(
        house.app,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http=StraightProtocol,
        lifespan="off",
        **settings,
    )
    return uvicorn.Server(config)


@contextmanager
def serving(house: House, **settings: Any) -> Iterator[str]:
    """The address of a server in a thread."""
    port = free_port()
    running = server(house, port, **settings)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.should_exit = True
        thread.join()


@contextmanager
def process(folder: Path) -> Iterator[tuple[str, int]]:
    """A server in a process of its own: the address of its account `open`, and its id."""
    port = free_port()
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.blob_house", str(folder), str(port)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
    )
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/_blob/open.blob.core.windows.net", running.pid
    finally:
        running.terminate()
        running.wait(30)


def peak_memory(pid: int) -> float:
    """MiB, as the kernel has seen it at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def wait_for(port: int, seconds: float = 30.0) -> None:
    """Until somebody listens there."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    keep_freed_memory()
    house = House(folder)
    server(house, port).run()
    house.close()


if __name__ == "__main__":
    main()
