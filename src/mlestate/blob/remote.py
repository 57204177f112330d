"""Bodies in an object store: S3, Azure, Google, or whatever else obstore speaks."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import uuid4

import obstore

from .bodies import Body, Found, Piece

_PREFIX = "bodies"
_STRIPES = 64


class RemoteBodies:
    """One process at a time serves a cell, and only that one may sweep it.

    A body's name is its digest, which is known when the last byte has come: until then it lies in
    `spool`, a local folder, whose content nobody needs after a crash. A body that is there already
    is put again, since that alone tells a sweep that it's wanted.
    """

    def __init__(self, store: Any, spool: Path):
        self.store = store
        self._spool = spool
        spool.mkdir(parents=True, exist_ok=True)
        # Between the last look at a body and its removal nobody may put it again.
        self._locks = [threading.Lock() for _ in range(_STRIPES)]

    def writer(self) -> _Writer:
        return _Writer(self, self._spool / uuid4().hex)

    def read(self, digest: bytes, start: int, size: int) -> bytes:
        data = bytes(obstore.get_range(self.store, _key(digest), start=start, length=size))
        if len(data) != size:
            raise OSError(f"body {digest.hex()} is short: {len(data)} of {size} bytes at {start}")
        return data

    def keep(self, digests: Collection[bytes]) -> set[bytes]:
        return set()  # what is staged here is finished

    def lost(self, digests: Collection[bytes]) -> set[bytes]:
        return set()

    def listed(self) -> Iterator[Found]:
        for batch in obstore.list(self.store, _PREFIX):
            for one in batch:
                digest = bytes.fromhex(one["path"].removeprefix(_PREFIX).replace("/", ""))
                yield Found(digest, one["last_modified"].timestamp())

    def tidy(self, before: float) -> None:
        for file in self._spool.iterdir():
            if file.stat().st_mtime < before:
                file.unlink(missing_ok=True)

    def remove_untouched(self, digest: bytes, before: float) -> bool:
        with self._lock(digest):
            try:
                found = obstore.head(self.store, _key(digest))
            except FileNotFoundError:
                return True
            if found["last_modified"].timestamp() >= before:
                return False
            obstore.delete(self.store, _key(digest))
        return True

    def put(self, digest: bytes, file: Path) -> None:
        """Large ones go up in parts."""
        with self._lock(digest):
            obstore.put(self.store, _key(digest), file)

    def _lock(self, digest: bytes) -> threading.Lock:
        return self._locks[digest[0] % _STRIPES]


class _Writer:
    def __init__(self, bodies: RemoteBodies, path: Path):
        self._bodies, self._path = bodies, path
        self._file = cast(BinaryIO, path.open("xb"))
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            self._hash.update(piece)
            self._file.write(piece)
            self._size += len(piece)

    def finish(self) -> Body:
        self._file.close()
        body = Body(self._hash.digest(), self._size)
        try:
            self._bodies.put(body.digest, self._path)
        finally:
            self._path.unlink()
        return body

    def stage(self) -> Body:
        return self.finish()

    def abandon(self) -> None:
        self._file.close()
        self._path.unlink()


def _key(digest: bytes) -> str:
    name = digest.hex()
    return f"{_PREFIX}/{name[:2]}/{name[2:]}"
