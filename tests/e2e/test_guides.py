"""The guides, done as a reader does them, against an estate of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import guide
from tests.ports import free_port
from tests.running import COMMAND, ROOT, Running

APPLY = (ROOT / "docs" / "guides" / "plan-and-apply.md").read_text()
FIRST = (ROOT / "docs" / "guides" / "your-first-estate.md").read_text()
GUESTS = (ROOT / "docs" / "guides" / "guests.md").read_text()
RECORD = (ROOT / "docs" / "guides" / "who-touched-production-last-month.md").read_text()
REFUSED = (ROOT / "docs" / "guides" / "find-out-why-i-was-refused.md").read_text()
TEAM = (ROOT / "docs" / "guides" / "give-a-team-access.md").read_text()
TIMED = (ROOT / "docs" / "guides" / "time-boxed-access.md").read_text()
_ROW = re.compile(r"^\| `(?P<old>[^|]+)` \| `(?P<new>[^|]+)` \| (?P<said>[^|]+) \|$", re.M)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[guide.Reader]:
    plain = Running(tmp_path / "data", None).environment
    environment = {
        **plain,
        "PATH": f"{COMMAND.parent}:{plain['PATH']}",
        "MLESTATE_PORT": str(free_port()),
    }
    found = guide.Reader(tmp_path, environment)
    yield found
    found.call("mlestate down")


def test_a_first_estate_is_written_applied_broken_and_changed(reader: guide.Reader):
    whole, after = FIRST.split("## 6. Break it")
    for step in guide.steps(whole):
        reader.do(step)
    broken, change = after.split("## 7. Change your mind")
    rows = list(_ROW.finditer(broken))
    assert len(rows) == 10
    for row in rows:
        _breaks(reader, row["old"], row["new"], row["said"])
    for step in guide.steps(change):
        reader.do(step)


def test_plans_and_applies_do_what_their_page_says(reader: guide.Reader):
    for step in guide.steps(APPLY):
        reader.do(step)


def test_roles_are_taken_for_a_time_as_their_page_says(reader: guide.Reader):
    for step in guide.steps(TIMED):
        reader.do(step)


def test_who_touched_production_is_told_and_tampering_found(reader: guide.Reader):
    for step in guide.steps(RECORD):
        reader.do(step)


def test_a_team_is_given_access_as_its_page_says(reader: guide.Reader):
    for step in guide.steps(TEAM):
        reader.do(step)


def test_a_guest_is_let_in_and_goes_as_the_page_says(reader: guide.Reader):
    last_day = (datetime.now(UTC) + timedelta(days=60)).date()
    for step in guide.steps(GUESTS.replace("2027-01-15", last_day.isoformat())):
        reader.do(step)


def test_one_finds_out_why_one_was_refused_as_its_page_says(reader: guide.Reader):
    for step in guide.steps(REFUSED):
        reader.do(step)


def _breaks(reader: guide.Reader, old: str, new: str, said: str) -> None:
    """Each of the ten is refused with its message, and its place, and changes nothing."""
    path = reader.folder / "estate.yaml"
    text = path.read_text()
    assert text.count(old) >= 1, old
    path.write_text(text.replace(old, new, 1))
    done = reader.call("mlestate apply estate.yaml")
    path.write_text(text)
    assert done.returncode == 1
    assert said in done.stdout
    assert re.search(r"estate\.yaml:\d+:\d+: ", done.stdout)
