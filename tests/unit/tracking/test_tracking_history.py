"""Packed histories equal a plain set of points, however they were cut, repeated and compacted."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from mlestate.store.tracking import history

INT64 = st.integers(-(2**63), 2**63 - 1)
POINTS = st.tuples(INT64, INT64, st.floats(allow_nan=False))
LOOSE = st.tuples(st.integers(1, 3), INT64, INT64, st.floats(allow_nan=False))


def naive(points: list[history.Point]) -> list[history.Point]:
    # Two zeros are two values on disk: as text they differ too.
    unique = {(step, ts, repr(value)): (step, ts, value) for step, ts, value in points}
    return sorted(unique.values(), key=lambda p: (p[1], p[0], p[2]))


def same(left: list[history.Point], right: list[history.Point]) -> bool:
    order = [(s, t, v) for s, t, v in left] == [(s, t, v) for s, t, v in right]
    return order and sorted(map(repr, left)) == sorted(map(repr, right))


@given(st.lists(st.lists(LOOSE, max_size=8), max_size=6), st.integers(0, 6))
def test_reading_is_the_same_before_during_and_after_compaction(
    chunks: list[list[history.LoosePoint]], tidied: int
) -> None:
    packed = [history.pack_loose(chunk) for chunk in chunks]
    compacted = history.by_key(packed[:tidied])
    for key in (1, 2, 3):
        wanted = naive([p[1:] for chunk in chunks for p in chunk if p[0] == key])
        parts = history.segments(compacted.get(key, []))
        assert same(history.read(key, parts, packed[tidied:]), wanted)
        assert same(history.read(key, [], packed), wanted)


@given(st.lists(st.lists(POINTS, max_size=50), max_size=5))
def test_appending_to_the_last_segment_is_the_same_as_packing_at_once(
    batches: list[list[history.Point]],
) -> None:
    last = b""
    for batch in batches:
        loose = history.pack_loose([(1, *point) for point in batch])
        pieces = history.segments([*history.split(last), *history.by_key([loose]).get(1, [])])
        last = b"".join(pieces)
    assert same(history.read(1, [last], []), naive([p for batch in batches for p in batch]))


def test_segments_are_full_but_for_the_last() -> None:
    count = 2 * history.SEGMENT_POINTS + 5
    loose = history.pack_loose([(1, step, 0, 0.0) for step in range(count)])
    sizes = [len(one) // 24 for one in history.segments(history.by_key([loose])[1])]
    assert sizes == [history.SEGMENT_POINTS, history.SEGMENT_POINTS, 5]


def test_nan_is_one_point_and_comes_last_among_equals() -> None:
    chunk = history.pack_loose([(1, 0, 0, math.nan), (1, 0, 0, 1.0), (1, 0, 0, math.nan)])
    values = [value for _, _, value in history.read(1, [], [chunk])]
    assert len(values) == 2
    assert values[0] == 1.0
    assert math.isnan(values[1])


@given(st.integers(1, 400), st.integers(1, 50))
def test_a_sample_keeps_order_and_both_ends(count: int, most: int) -> None:
    points = [(step, step, 0.0) for step in range(count)]
    found = history.sample(points, most)
    assert len(found) == min(count, most)
    assert found == sorted(set(found))
    assert found[-1] == points[-1]
    assert most == 1 or found[0] == points[0]
