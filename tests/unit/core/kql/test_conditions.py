"""What `where` lets through: Kusto's comparisons, and what null does in them."""

from __future__ import annotations

import pytest

from tests.unit.core.kql.asking import names


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
