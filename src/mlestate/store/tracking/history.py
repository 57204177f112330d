"""Metric histories as packed bytes: loose chunks as they were logged, segments after compaction.

A point is (step, timestamp, value), 24 bytes; a loose point has its key's number before it. Equal
points are one point, so a request that a client repeats changes nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

Point = tuple[int, int, float]
LoosePoint = tuple[int, int, int, float]

# Enough that reading is by large pieces, few enough that filling up the last one stays cheap.
SEGMENT_POINTS = 1024

_POINT = struct.Struct("<qqd")
_LOOSE = struct.Struct("<iqqd")


def pack_loose(points: Iterable[LoosePoint]) -> bytes:
    return b"".join([_LOOSE.pack(*point) for point in points])


def by_key(chunks: Iterable[bytes]) -> dict[int, list[bytes]]:
    """Loose chunks -> each key's points, still packed."""
    found: dict[int, list[bytes]] = {}
    for chunk in chunks:
        for at in range(0, len(chunk), _LOOSE.size):
            key = int.from_bytes(chunk[at : at + 4], "little")
            found.setdefault(key, []).append(chunk[at + 4 : at + _LOOSE.size])
    return found


def split(segment: bytes) -> list[bytes]:
    return [segment[at : at + _POINT.size] for at in range(0, len(segment), _POINT.size)]


def segments(points: Iterable[bytes]) -> list[bytes]:
    """Packed points -> full segments and a last one; the first of equal points stays."""
    unique = list(dict.fromkeys(points))
    return [
        b"".join(unique[at : at + SEGMENT_POINTS]) for at in range(0, len(unique), SEGMENT_POINTS)
    ]


def read(key: int, packed: Iterable[bytes], chunks: Iterable[bytes]) -> list[Point]:
    """One key's history from its segments and the run's loose chunks, in MLflow's order."""
    raw = {point for segment in packed for point in split(segment)}
    mark = key.to_bytes(4, "little")
    for chunk in chunks:
        raw.update(
            chunk[at + 4 : at + _LOOSE.size]
            for at in range(0, len(chunk), _LOOSE.size)
            if chunk[at : at + 4] == mark
        )
    points: list[Point] = [_POINT.unpack(point) for point in raw]
    # NaN has no order of its own: among equals it comes last.
    points.sort(key=lambda p: (p[1], p[0], p[2] != p[2], p[2]))
    return points


def sample(points: list[Point], count: int) -> list[Point]:
    """At most `count` of them, evenly spread over the history, first and last always among them."""
    if len(points) <= count:
        return points
    if count == 1:
        return points[-1:]
    last = len(points) - 1
    return [points[i * last // (count - 1)] for i in range(count)]
