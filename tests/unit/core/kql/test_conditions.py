"""What `where` lets through: Kusto's comparisons, and what null does in them."""

from __future__ import annotations

import pytest

from mlestate.core.kql.fault import BadQuery, TooMuch
from tests.unit.core.kql.asking import names, rows, value

_STAMP = "2026-03-04 05:06:07.500"


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("name == 'a'", "a"),
        ("name == 'A'", ""),
        ("name =~ 'A'", "a"),
        ("name !~ 'A'", "bcd"),
        ("name != 'a' and name <> 'b'", "cd"),
        ("size > 2", "ab"),
        ("size >= 2 and size < 10", "ad"),
        ("size between (2 .. 3)", "ad"),
        ("size !between (2 .. 3)", "b"),
        ("name in ('a', 'D')", "a"),
        ("name in~ ('a', 'D')", "ad"),
        ("name !in ('a', 'D')", "bcd"),
        ("name !in~ ('a', 'D')", "bc"),
        ("name in (dynamic(['a', 'b']))", "ab"),
        ("properties.text has 'fox'", "a"),
        ("properties.text has 'FO'", ""),
        ("properties.text contains 'ED-F'", "a"),
        ("properties.text contains_cs 'ED-F'", ""),
        ("properties.text !contains 'fox'", "bcd"),
        ("properties.text startswith 'RED'", "a"),
        ("properties.text endswith 'runs'", "a"),
        ("properties.text !endswith_cs 'RUNS'", "abcd"),
        ("properties.text hasprefix 'ru'", "a"),
        ("properties.text has_any ('cat', 'fox')", "a"),
        ("properties.text has_all ('cat', 'fox')", ""),
        ("properties.text matches regex '^red.fox_[0-9]'", "a"),
        ("tags has 'prod'", "b"),
        ("tags.stage =~ 'qa'", "ad"),
        ("tags['stage'] == 'qa'", "a"),
        ("tags[strcat('st', 'age')] == 'qa'", "a"),
        ("isempty(tags.stage)", "c"),
        ("isnotempty(tags.stage) and not(tags.stage == 'prod')", "ad"),
        ("isnull(size)", "c"),
        ("isnotnull(size)", "abd"),
        # Null equals nothing, and is unequal to all that is something.
        ("size == 3 or size != 3", "abcd"),
        ("size != 3", "bcd"),
        ("size < 3 or size >= 3", "abd"),
        ("not(size < 3)", "ab"),
        ("properties.hbi", "ad"),
        ("properties.hbi == true", "ad"),
        ("properties.hbi == 'true'", "ad"),
        ("properties.hbi != true", "bc"),
        ("properties.nets[0] == 'x'", "ad"),
        ("properties.nets[-1] == 'y'", "a"),
        ("properties.deep.er[0].z == 1", "b"),
        ("properties.at > ago(7d)", "a"),
        ("todatetime(properties.at) < datetime(2026-11-01)", "b"),
        ("todatetime(properties.at) between (ago(2d) .. now())", "a"),
        ("todatetime(properties.at) between (datetime(2026-11-19) .. 1d)", "a"),
        ("name == 'a' or name == 'b' and size == 3", "a"),
        ("(name == 'a' or name == 'b') and size == 10", "b"),
    ],
)
def test_where(condition: str, found: str):
    assert names(condition) == found


def test_a_pattern_takes_no_longer_than_the_text_is_long():
    evil = "strcat(name, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!') matches regex '(a+)+$'"
    assert names(evil) == ""


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("notempty(name)", True),
        ("notempty('')", False),
        ("bag_pack('a', size, 'b', tags.stage)", {"a": 3, "b": "qa"}),
        ("pack('at', datetime(2026-01-02))", {"at": "2026-01-02T00:00:00.0000000Z"}),
        ("strcat_array(properties.nets, '-')", "x-y"),
        ("strcat_array(dynamic([1, 2]), '')", "12"),
        ("strcat_array(name, '-')", ""),
        ("array_concat(properties.nets, dynamic([1]))", ["x", "y", 1]),
        ("array_concat(properties.nets, name)", None),
        ("set_has_element(properties.nets, 'y')", True),
        ("format_datetime(datetime(2026-03-04T05:06:07.5Z), 'yyyy-MM-dd HH:mm:ss.fff')", _STAMP),
        ("format_datetime(datetime(2026-03-04T15:06:07Z), 'd/M/yy h:m tt')", "4/3/26 3:6 PM"),
        ("format_datetime(todatetime('never'), 'yyyy')", ""),
    ],
)
def test_values_are_made_of_others(expression: str, wanted: object):
    assert value(expression) == wanted


def test_what_is_packed_is_names_with_values():
    with pytest.raises(BadQuery, match="names, each with a value"):
        value("bag_pack('a', 1, 'b')")


@pytest.mark.parametrize("step", ["array_concat(x, x)", "bag_pack('a', x, 'b', x)", "pack('a', x)"])
def test_nothing_made_of_others_grows_without_end(step: str):
    deeper = f"pack('s', pack('s', {step}))"  # more levels than there may be operators
    steps = " | ".join([f"extend x = {deeper if 'concat' not in step else step}"] * 55)
    with pytest.raises(TooMuch):
        rows(f"Resources | extend x = dynamic([1, 2, 3]) | {steps}")
