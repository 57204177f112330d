"""Buffers that a body passes through on its way past the page cache."""

from __future__ import annotations

from collections import deque
from mmap import mmap


class Buffers:
    """Of `size` bytes each, on whole pages; up to `spare` that come back are kept for the next.

    Threads may share it.
    """

    def __init__(self, size: int, spare: int):
        self._size, self._most = size, spare
        self._spare: deque[mmap] = deque()

    def borrow(self) -> mmap:
        try:
            return self._spare.pop()
        except IndexError:
            return mmap(-1, self._size)

    def give_back(self, buffer: mmap) -> None:
        if len(self._spare) < self._most:
            self._spare.append(buffer)
