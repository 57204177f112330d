"""ISO 8601 durations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlestate.core import durations
from mlestate.core.errors import Invalid


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT30M", 1800),
        ("PT120S", 120),
        ("P1DT2H", 93600),
        ("P2W", 1209600),
        ("PT1.5S", 1.5),
        ("PT0S", 0),
        ("PT1H30M5S", 5405),
    ],
)
def test_a_duration_is_read_as_seconds(text: str, seconds: float):
    assert durations.parse(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "10m", "pt1h", "P1Y", "P1M", "PT-1S", "PT1S ", "PT1M1H", "PT٣S"]
)
def test_what_is_no_duration_is_refused_with_its_place(text: str):
    with pytest.raises(Invalid, match="ISO 8601") as caught:
        durations.parse(text, "$.properties.limits.timeout")
    assert caught.value.target == "$.properties.limits.timeout"


@given(st.integers(0, 10**9))
def test_what_is_written_reads_as_the_same(milliseconds: int):
    assert durations.parse(durations.text(milliseconds / 1000)) == pytest.approx(
        milliseconds / 1000, abs=1e-3
    )


def test_the_shortest_form_is_written():
    shown = [durations.text(s) for s in (7200, 90, 0, 3661)]
    assert shown == [
        "PT2H",
        "PT1M30S",
        "PT0S",
        "PT1H1M1S",
    ]
