"""What a terminal would obey is shown, not sent."""

from __future__ import annotations

import json

import yaml

from mlestate.cli.output import as_json, as_yaml, table
from mlestate.cli.printable import lines, printable

NASTY = "a\x1b[2Jb\nc\x9bd\x7fe\u202ef\u2028g\U000e0001h"
SHOWN = "a\\x1b[2Jb\\nc\\x9bd\\x7fe\\u202ef\\u2028g\\U000e0001h"


def test_what_is_said_stays_as_it_is():
    assert printable("`zürich` – …\n  two lines") == "`zürich` – …\n  two lines"


def test_controls_and_turned_writing_are_written_out():
    assert printable("a\x1b[31mb\u202ec\x00") == "a\\x1b[31mb\\u202ec\\x00"


def test_a_line_has_an_end():
    assert len(printable("x" * 10**6)) == 2000


def test_a_cell_is_on_one_line_and_is_obeyed_by_no_terminal():
    for value in (NASTY, [NASTY]):
        assert table([{"name": value}], ("name",)) == f"NAME\n{SHOWN}"
    assert table([{"name": {NASTY: 1}}], ("name",)).count("\n") == 1


def test_lines_are_whole_and_nothing_in_them_is_obeyed():
    assert lines(f"x\n{'y' * 3000}\x1b") == f"x\n{'y' * 3000}\\x1b"


def test_json_and_yaml_say_the_same_without_anything_hidden():
    value = {NASTY: [NASTY, "plain", "two\nlines", ""]}
    for text, read in ((as_json(value), json.loads), (as_yaml(value), yaml.safe_load)):
        assert read(text) == value
        assert lines(text) == text
