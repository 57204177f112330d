"""A file of any size that costs no disk: noise over and over, each block made its own."""

from __future__ import annotations

import hashlib
import os

_PAGE = 4 << 20


class BigFile:
    """To be read once, from the front. `digest` is of what was read so far, where it's wanted."""

    def __init__(self, size: int, with_digest: bool = False):
        self._left, self._count = size, 0
        # Twice, so that a piece may start anywhere in the first half.
        self._noise = memoryview(os.urandom(_PAGE) * 2)
        self._hash = hashlib.sha256() if with_digest else None

    def read(self, size: int = -1) -> bytes:
        size = self._left if size < 0 else min(size, self._left)
        piece = b"".join(self._pieces(size))
        self._left -= size
        if self._hash:
            self._hash.update(piece)
        return piece

    def digest(self) -> bytes:
        assert self._hash is not None
        return self._hash.digest()

    def _pieces(self, size: int) -> list[memoryview]:
        pieces = []
        while size:
            # Content addressing must not make two blocks one: each starts elsewhere in the noise.
            self._count += 1
            start = self._count * 8191 % _PAGE
            pieces.append(self._noise[start : start + min(size, _PAGE)])
            size -= len(pieces[-1])
        return pieces
