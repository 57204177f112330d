"""Bodies in a local folder: `ab/cdef…`, each file complete, durable and never written again.

Beside them, `staged/abcdef…` are complete as well, and durable when they are kept.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from mmap import mmap
from pathlib import Path
from uuid import uuid4

from .bodies import Body, Found, Piece
from .buffers import Buffers

BUFFER = 512 << 10
SPARE_BUFFERS = 16
SECTOR = 4096
THREADS = 4
# Another one after each start of the machine.
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class FolderBodies:
    """Safe for many threads and processes at once.

    A body is written under a temporary name, synced, and renamed; then its folder is synced. So a
    name that can be read is whole, and what was acknowledged outlives a loss of power. Blocks stay
    bodies of their own when a blob is committed: a commit then moves no bytes, an upload writes
    each byte once, and equal blocks of two blobs are one file.

    A body that is staged is not synced: a kill of the process leaves it, a loss of power need not.
    So whatever is staged is dropped when the machine has started anew since.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._staged = folder / "staged"
        self._staged.mkdir(exist_ok=True)
        for i in range(256):
            (folder / f"{i:02x}").mkdir(exist_ok=True)
        _sync_folder(folder)
        self._lock = folder / "sweep.lock"
        self._lock.touch()
        self._drop_staged_before_boot()
        self.buffers = Buffers(BUFFER, SPARE_BUFFERS)
        self.beside = ThreadPoolExecutor(THREADS, "bodies")

    def name(self) -> str:
        """By which this folder is told from another one; empty where it has none yet."""
        file = self._folder / "name"
        return file.read_text() if file.exists() else ""

    def take_name(self, name: str) -> None:
        """On disk when it returns."""
        draft = self.incoming()
        draft.write_text(name)
        _sync(draft, os.O_RDONLY)
        draft.rename(self._folder / "name")
        _sync_folder(self._folder)

    def writer(self) -> _Writer:
        return _Writer(self)

    def read(self, digest: bytes, start: int, size: int) -> bytes:
        with open(self.path(digest), "rb", buffering=0) as file:  # noqa: PTH123
            data = os.pread(file.fileno(), size, start)
        if len(data) != size:
            raise OSError(f"body {digest.hex()} is short: {len(data)} of {size} bytes at {start}")
        return data

    def keep(self, digests: Collection[bytes]) -> set[bytes]:
        with self._locked(fcntl.LOCK_SH):
            # Together: file systems answer many at about the price of one.
            found = list(self.beside.map(self._keep, digests))
            folders = {self.path(digest).parent for digest in digests}
            list(self.beside.map(_sync_folder, folders))
        return {digest for digest, there in zip(digests, found, strict=True) if not there}

    def lost(self, digests: Collection[bytes]) -> set[bytes]:
        return {
            digest
            for digest in digests
            # In this order: what is kept meanwhile goes from the first to the second.
            if not self.staged_path(digest).exists() and not self.path(digest).exists()
        }

    def listed(self) -> Iterator[Found]:
        for folder in sorted(self._folder.glob("[0-9a-f][0-9a-f]")):
            yield from _found(folder, folder.name)
        yield from _found(self._staged, "")

    def remove_untouched(self, digest: bytes, before: float) -> bool:
        # The lock makes looking and removing one step for those who put the same body.
        with self._locked(fcntl.LOCK_EX):
            paths = [self.path(digest), self.staged_path(digest)]
            there = [path for path in paths if path.exists()]
            if any(path.stat().st_mtime >= before for path in there):
                return False
            for path in there:
                path.unlink()
        return True

    def tidy(self, before: float) -> None:
        for file in self.unfinished():
            with suppress(FileNotFoundError):  # it was finished just now
                if file.stat().st_mtime < before:
                    file.unlink()

    def unfinished(self) -> list[Path]:
        return list(self._incoming.iterdir())

    def take(self, temporary: Path, digest: bytes) -> None:
        """Give a synced file its name. An equal body that is there already is kept instead."""
        path = self.path(digest)
        with self._locked(fcntl.LOCK_SH):
            if _touch(path):
                temporary.unlink()
            else:
                temporary.rename(path)
        # Also for a body that was there: whoever put it may not have come so far yet.
        _sync_folder(path.parent)

    def take_staged(self, temporary: Path, digest: bytes) -> None:
        with self._locked(fcntl.LOCK_SH):
            if _touch(self.path(digest)):
                temporary.unlink()
            else:
                temporary.rename(self.staged_path(digest))

    def incoming(self) -> Path:
        return self._incoming / uuid4().hex

    def path(self, digest: bytes) -> Path:
        name = digest.hex()
        return self._folder / name[:2] / name[2:]

    def staged_path(self, digest: bytes) -> Path:
        return self._staged / digest.hex()

    def _keep(self, digest: bytes) -> bool:
        staged, path = self.staged_path(digest), self.path(digest)
        # Somebody else may keep the same body right now: then it moves away under our hands.
        with suppress(FileNotFoundError):
            _sync(staged, os.O_RDONLY)
            staged.rename(path)
        return _touch(path)

    def _drop_staged_before_boot(self) -> None:
        now, mark = _BOOT.read_text(), self._folder / "boot"
        with self._locked(fcntl.LOCK_EX):
            if mark.exists() and mark.read_text() == now:
                return
            for file in self._staged.iterdir():
                file.unlink()
            # Only then: who is interrupted begins again.
            mark.write_text(now)

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
    """Hashes and writes what comes; what is not on whole pages is collected in a buffer first.

    A body that is larger than the buffer goes past the page cache (O_DIRECT): a big upload then
    neither pushes everything else out of memory nor pays for copying and cleaning pages, which is
    most of the cost of writing. A small one is likely to be read soon, and stays cached.
    """

    def __init__(self, bodies: FolderBodies):
        self._bodies = bodies
        self._path = bodies.incoming()
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._buffer: mmap | None = None
        self._filled = 0
        self._direct: bool | None = None
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                if not self._filled and _on_whole_pages(view):
                    self._put(view)
                    break
                view = self._collect(view)

    def finish(self) -> Body:
        body = self._complete(os.fsync)
        self._bodies.take(self._path, body.digest)
        return body

    def stage(self) -> Body:
        body = self._complete(lambda _: None)
        self._bodies.take_staged(self._path, body.digest)
        return body

    def abandon(self) -> None:
        self._close()
        self._path.unlink()

    def _complete(self, sync: Callable[[int], None]) -> Body:
        try:
            self._put_rest()
            sync(self._file)
        finally:
            self._close()
        return Body(self._hash.digest(), self._size)

    def _collect(self, view: memoryview) -> memoryview:
        """Copy what the buffer has room for; answers the rest."""
        if self._buffer is None:
            self._buffer = self._bodies.buffers.borrow()
        taken = view[: BUFFER - self._filled]
        self._buffer[self._filled : self._filled + len(taken)] = taken
        self._filled += len(taken)
        if self._filled == BUFFER:
            with memoryview(self._buffer) as full:
                self._put(full)
            self._filled = 0
        return view[len(taken) :]

    def _put(self, view: memoryview) -> None:
        if self._direct is None:
            self._direct = _past_the_cache(self._file)
        # The disk works while another thread hashes.
        hashed = self._bodies.beside.submit(self._hash.update, view)
        try:
            _write_all(self._file, view)
        finally:
            hashed.result()
        self._size += len(view)

    def _put_rest(self) -> None:
        if self._buffer is None:
            return
        with memoryview(self._buffer) as view:
            self._hash.update(view[: self._filled])
            self._size += self._filled
            # Past the cache only whole sectors are written; what is too much is cut off again.
            length = -(-self._filled // SECTOR) * SECTOR if self._direct else self._filled
            _write_all(self._file, view[:length])
        if self._direct:
            os.ftruncate(self._file, self._size)

    def _close(self) -> None:
        os.close(self._file)
        if self._buffer is not None:
            self._bodies.buffers.give_back(self._buffer)


def _on_whole_pages(view: memoryview) -> bool:
    """Such can be written past the cache as they are."""
    if view.readonly or not view.contiguous or len(view) < BUFFER or len(view) % SECTOR:
        return False
    return ctypes.addressof(ctypes.c_char.from_buffer(view)) % SECTOR == 0


def _past_the_cache(file: int) -> bool:
    """Whether the file system can."""
    try:
        fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | os.O_DIRECT)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return False
    return True


def _write_all(file: int, data: memoryview) -> None:
    while data:
        data = data[os.write(file, data) :]


def _found(folder: Path, prefix: str) -> Iterator[Found]:
    with os.scandir(folder) as files:
        for file in files:
            with suppress(FileNotFoundError):  # it was removed or kept just now
                yield Found(bytes.fromhex(prefix + file.name), file.stat().st_mtime)


def _touch(path: Path) -> bool:
    """Whether it's there; a sweep then sees that somebody wants it."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, how: int) -> None:
    descriptor = os.open(path, how)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
