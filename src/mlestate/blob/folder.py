"""Bodies in a local folder: `ab/cdef…`, each file complete, durable and never written again."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from .bodies import Body, Found

# Half-written files of a process that died are nobody's after this long.
ABANDONED_AFTER = 24 * 3600.0


class FolderBodies:
    """Safe for many threads and processes at once.

    A body is written under a temporary name, synced, and renamed; then its folder is synced. So a
    name that can be read is whole, and what was acknowledged outlives a loss of power. Blocks stay
    bodies of their own when a blob is committed: a commit then moves no bytes, an upload writes
    each byte once, and equal blocks of two blobs are one file.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        for i in range(256):
            (folder / f"{i:02x}").mkdir(exist_ok=True)
        _sync_folder(folder)
        self._lock = folder / "sweep.lock"
        self._lock.touch()

    def writer(self) -> _Writer:
        return _Writer(self)

    def read(self, digest: bytes, start: int, size: int) -> bytes:
        with open(self._path(digest), "rb", buffering=0) as file:  # noqa: PTH123
            data = os.pread(file.fileno(), size, start)
        if len(data) != size:
            raise OSError(f"body {digest.hex()} is short: {len(data)} of {size} bytes at {start}")
        return data

    def list(self) -> Iterator[Found]:
        for folder in sorted(self._folder.glob("[0-9a-f][0-9a-f]")):
            with os.scandir(folder) as files:
                for file in files:
                    digest = bytes.fromhex(folder.name + file.name)
                    with suppress(FileNotFoundError):  # another sweep was faster
                        yield Found(digest, file.stat().st_mtime)

    def remove_untouched(self, digest: bytes, before: float) -> bool:
        # The lock makes looking and removing one step for those who put the same body.
        with self._locked(fcntl.LOCK_EX):
            path = self._path(digest)
            try:
                if path.stat().st_mtime >= before:
                    return False
                path.unlink()
            except FileNotFoundError:
                return True
        return True

    def clear_incoming(self) -> None:
        """Remove what died half-written."""
        horizon = time.time() - ABANDONED_AFTER
        for file in self._incoming.iterdir():
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < horizon:
                    file.unlink()

    def take(self, temporary: Path, digest: bytes) -> None:
        """Give a synced file its name. An equal body that is there already is kept instead."""
        path = self._path(digest)
        with self._locked(fcntl.LOCK_SH):
            try:
                os.utime(path)
            except FileNotFoundError:
                temporary.rename(path)
            else:
                temporary.unlink()
        # Also for a body that was there: whoever put it may not have come so far yet.
        _sync_folder(path.parent)

    def incoming(self) -> Path:
        return self._incoming / uuid4().hex

    def _path(self, digest: bytes) -> Path:
        name = digest.hex()
        return self._folder / name[:2] / name[2:]

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        # A descriptor of its own, so that it also holds against other threads of this process.
        descriptor = os.open(self._lock, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)


class _Writer:
    def __init__(self, bodies: FolderBodies):
        self._bodies = bodies
        self._path = bodies.incoming()
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            # Both let other threads run meanwhile.
            self._hash.update(piece)
            _write_all(self._file, piece)
            self._size += len(piece)

    def finish(self) -> Body:
        try:
            os.fsync(self._file)
        finally:
            os.close(self._file)
        body = Body(self._hash.digest(), self._size)
        self._bodies.take(self._path, body.digest)
        return body

    def abandon(self) -> None:
        os.close(self._file)
        self._path.unlink()


def _write_all(file: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(file, view) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
