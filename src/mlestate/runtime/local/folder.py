"""A job's folder: what agent and supervisor leave there for each other, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import TypeVar

import msgspec

from ..protocol import Lease
from .process import ProcessId

T = TypeVar("T")


class Network(msgspec.Struct, frozen=True):
    """The one way out: `port` on the loopback inside stands for the API at `host`:`api_port`."""

    port: int
    host: str
    api_port: int
    names: tuple[str, ...] = ()


class Order(msgspec.Struct, frozen=True):
    """What the supervisor shall run, all decided. Paths are as they are outside the sandbox.

    `processes`: what each process of a distributed job has in its environment beside `variables`.
    """

    command: str
    variables: dict[str, str]
    processes: tuple[dict[str, str], ...]
    environment: str
    interpreter: str
    network: Network
    bwrap: str = ""
    uid: int = 0
    control_groups: str = ""
    memory: int = 0
    cpus: float = 0
    max_processes: int = 512
    file_size: int = 64 << 30
    timeout: float = 0
    grace: float = 10


class Result(msgspec.Struct, frozen=True):
    """How it ended. `exit_code` is a shell's: 128 and the signal's number for a killed process."""

    exit_code: int
    seconds: float
    canceled: bool = False
    timed_out: bool = False
    out_of_memory: bool = False
    peak_memory: int = 0
    cpu_seconds: float = 0
    failure: str = ""


class Started(msgspec.Struct, frozen=True):
    """Written by the supervisor before anything of the job runs."""

    process: ProcessId
    protections: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Folder:
    def __init__(self, path: Path):
        self.path = path
        self.work = path / "work"
        self.code = self.work / "code"
        self.outputs = self.work / "outputs"
        self.inputs = path / "inputs"
        self.log = path / "log.txt"
        self.build_log = path / "build.log"
        self.socket = path / "api.sock"
        self.ca = path / "ca.pem"
        self._lock = path / "lock"
        self._cancel = path / "cancel"

    # The lease, the order, the start, the end

    def write_lease(self, lease: Lease) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o710)
        write(self.path / "lease.json", msgspec.json.encode(lease))

    def lease(self) -> Lease | None:
        return self._read("lease.json", Lease)

    def write_order(self, order: Order) -> None:
        write(self.path / "order.json", msgspec.json.encode(order))

    def order(self) -> Order | None:
        return self._read("order.json", Order)

    def write_started(self, started: Started) -> None:
        write(self.path / "started.json", msgspec.json.encode(started))

    def started(self) -> Started | None:
        return self._read("started.json", Started)

    def write_result(self, result: Result) -> None:
        write(self.path / "result.json", msgspec.json.encode(result))

    def result(self) -> Result | None:
        return self._read("result.json", Result)

    def _read(self, name: str, shape: type[T]) -> T | None:
        try:
            body = (self.path / name).read_bytes()
        except FileNotFoundError:
            return None
        return msgspec.json.decode(body, type=shape)

    # Whose it is

    def lock(self) -> int | None:
        """The descriptor of the folder's lock, or None while a supervisor has it.

        The agent takes it and hands it on to the supervisor it starts, so that there is no moment
        in which a living supervisor does not hold it.
        """
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def has_supervisor(self) -> bool:
        descriptor = self.lock()
        if descriptor is None:
            return True
        os.close(descriptor)
        return False

    @property
    def home(self) -> Path:
        return self.work / "home"

    @property
    def temporary(self) -> Path:
        return self.work / "tmp"

    def ask_cancel(self) -> None:
        """The supervisor looks for this. Where the folder is gone, nothing is left to cancel."""
        with contextlib.suppress(FileNotFoundError):
            write(self._cancel, b"")

    def cancel_asked(self) -> bool:
        return self._cancel.exists()

    def clear(self) -> None:
        """Away with what a preparation that was cut short has left."""
        for path in (self.work, self.inputs):
            _remove(path)
        self.build_log.unlink(missing_ok=True)

    def remove(self) -> None:
        # The lease goes last: while it is there, a restarted agent still knows what this is.
        for path in self.path.iterdir():
            if path.is_dir():
                _remove(path)
            elif path.name != "lease.json":
                path.unlink()
        shutil.rmtree(self.path)


def _remove(folder: Path) -> None:
    """Also where the job has closed folders to an agent that is an ordinary user, or has made them
    deeper than Python can follow: these two go by descriptors, and by no links.
    """
    for line in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
        subprocess.run(
            [*line, "--", str(folder)],
            env={"PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    if folder.exists():
        raise OSError(errno.ENOTEMPTY, "cannot be removed", str(folder))


def write(path: Path, body: bytes, mode: int = 0o600) -> None:
    """All or nothing, and on disk when this returns."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
