"""What a filter of the activity log means: all of its terms hold."""

from __future__ import annotations

import math

import pytest

from mlestate.core.activity_filter import moment, parse
from mlestate.core.errors import Invalid
from mlestate.core.times import iso

DAY = "2026-11-01T00:00:00.000001Z"


def test_times_narrow_one_another():
    said = "eventTimestamp ge 2026-11-03 and eventTimestamp ge 2026-11-01"
    said += " and eventTimestamp le 2026-11-07 and eventTimestamp lt 2026-11-09"
    found = parse(said)
    assert found.since == pytest.approx(moment("2026-11-03"), abs=1e-6)
    assert found.until == pytest.approx(moment("2026-11-07"), abs=1e-6)


@pytest.mark.parametrize(("how", "inside"), [("ge", True), ("gt", False)])
def test_what_begins_at_a_time_and_what_begins_behind_it(how: str, inside: bool):
    since = parse(f"eventTimestamp {how} '{DAY}'").since
    assert since is not None
    assert (moment(DAY) >= since) is inside
    assert moment(DAY) + 1e-6 >= since > moment(DAY) - 1e-6


@pytest.mark.parametrize(("how", "inside"), [("le", True), ("lt", False)])
def test_what_ends_at_a_time_and_what_ends_before_it(how: str, inside: bool):
    until = parse(f"eventTimestamp {how} '{DAY}'").until
    assert until is not None
    assert (moment(DAY) <= until) is inside
    assert moment(DAY) - 1e-6 <= until < moment(DAY) + 1e-6


def test_what_is_said_twice_is_the_same():
    assert parse("caller eq 'Ana' and caller eq 'ana'").caller == "Ana"
    with pytest.raises(Invalid, match="`caller` is said twice, `ana` and `eva`"):
        parse("caller eq 'ana' and caller eq 'eva'")


def test_a_status_is_one_that_there_is():
    assert parse("status eq 'denied'").status == "Denied"
    with pytest.raises(Invalid, match="there is no status `Bogus`"):
        parse("status eq 'Bogus'")


def test_what_is_shown_as_a_time_is_at_that_time():
    at = moment("2026-11-23T16:40:54.052380Z") - 1e-5
    for _ in range(200):
        at = math.nextafter(at, math.inf)
        ends = {how: parse(f"eventTimestamp {how} '{iso(at)}'") for how in ("ge", "gt", "le", "lt")}
        since = [ends[how].since or math.inf for how in ("ge", "gt")]
        until = [ends[how].until or -math.inf for how in ("le", "lt")]
        assert since[0] <= at < since[1]
        assert until[0] >= at > until[1]
