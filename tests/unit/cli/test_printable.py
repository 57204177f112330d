"""What a terminal would obey is shown, not sent."""

from __future__ import annotations

from mlestate.cli.printable import printable


def test_what_is_said_stays_as_it_is():
    assert printable("`zürich` – …\n  two lines") == "`zürich` – …\n  two lines"


def test_controls_and_turned_writing_are_written_out():
    assert printable("a\x1b[31mb\u202ec\x00") == "a\\x1b[31mb\\u202ec\\x00"


def test_a_line_has_an_end():
    assert len(printable("x" * 10**6)) == 2000
