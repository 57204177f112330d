"""The C library's allocator, told what a server of large bodies needs."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT = 32 << 20


def keep_freed_memory() -> bool:
    """For the whole process, once, at its start; False where the C library has no `mallopt`.

    A body comes in pieces of 256 KiB, which glibc would fetch from the kernel and give back one by
    one: a third of the time of an upload went into that. Up to 32 MiB now stay with the process.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_TRIM_THRESHOLD, _KEPT) and mallopt(_MMAP_THRESHOLD, _KEPT))
