"""What operators make of rows."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.core.kql.fault import BadQuery
from tests.unit.core.kql.asking import OTHERS, one, rows, value


def table(query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows(query)]


def test_project_names_its_columns_as_kusto_does():
    query = (
        "Resources | project name, properties.hbi, Stage = tags.stage, tostring(size), 1 + 1"
        " | take 1"
    )
    assert rows(query) == [
        {"name": "a", "properties_hbi": True, "Stage": "qa", "size": "3", "Column5": 2}
    ]


def test_columns_are_taken_away_kept_renamed_and_added():
    assert list(one(rows("Resources | take 1 | project-away p*, tags"))) == ["name", "type", "size"]
    assert list(one(rows("Resources | take 1 | project-keep *e"))) == [
        "name",
        "type",
        "place",
        "size",
    ]
    renamed = "Resources | take 1 | project name, size | project-rename kind = name"
    assert rows(renamed) == [{"kind": "a", "size": 3}]
    swapped = "Resources | take 1 | extend name = place, place = name | project name, place"
    assert rows(swapped) == [{"name": "west", "place": "a"}]


def test_summarize_counts_over_groups():
    query = """
    Resources // by place
    | summarize count(), sum(size), avg(size), min(size), biggest = max(size),
        countif(isnull(size)), dcount(type), make_set(type), sizes = make_list(size) by place
    """
    assert rows(query) == [
        {
            "place": "west",
            "count_": 3,
            "sum_size": 5,
            "avg_size": 2.5,
            "min_size": 2,
            "biggest": 3,
            "countif_": 1,
            "dcount_type": 2,
            "set_type": ["ml/ws", "st/acc"],
            "sizes": [3, 2],
        },
        {
            "place": "north",
            "count_": 1,
            "sum_size": 10,
            "avg_size": 10,
            "min_size": 10,
            "biggest": 10,
            "countif_": 0,
            "dcount_type": 1,
            "set_type": ["ml/ws"],
            "sizes": [10],
        },
    ]


def test_summarize_over_nothing_counts_to_nought():
    assert rows("Resources | where name == 'x' | summarize count(), max(size)") == [
        {"count_": 0, "max_size": None}
    ]
    assert rows("Resources | where name == 'x' | summarize count() by place") == []


def test_the_row_with_the_largest_value_is_told_whole_or_in_part():
    assert table("Resources | summarize arg_max(size, name) by place") == [
        ("west", 3, "a"),
        ("north", 10, "b"),
    ]
    whole = one(rows("Resources | summarize arg_min(size, *)"))
    assert (whole["size"], whole["name"], whole["type"]) == (2, "d", "st/acc")


def test_times_are_put_in_bins():
    query = (
        "Resources | extend at = todatetime(properties.at) | where isnotnull(at)"
        " | summarize count() by bin(at, 1d)"
    )
    assert [str(at)[:10] for at, _ in table(query)] == ["2026-11-19", "2026-10-01"]


def test_order_by_descends_unless_told_and_puts_null_at_the_small_end():
    assert table("Resources | order by size | project name") == [("b",), ("a",), ("d",), ("c",)]
    ascending = "Resources | sort by size asc | project name"
    assert table(ascending) == [("c",), ("d",), ("a",), ("b",)]
    last = "Resources | sort by size asc nulls last | project name"
    assert table(last) == [("d",), ("a",), ("b",), ("c",)]
    first = "Resources | sort by size desc nulls first | project name"
    assert table(first) == [("c",), ("b",), ("a",), ("d",)]
    two = "Resources | sort by place asc, name desc | project name"
    assert table(two) == [("b",), ("d",), ("c",), ("a",)]


def test_top_distinct_count_and_limit():
    assert table("Resources | top 2 by size | project name") == [("b",), ("a",)]
    assert table("Resources | distinct place, type") == [
        ("west", "ml/ws"),
        ("north", "ml/ws"),
        ("west", "st/acc"),
    ]
    assert rows("Resources | count") == [{"Count": 4}]
    assert len(rows("Resources | limit 2")) == 2


def test_a_list_becomes_rows_and_what_has_none_stays():
    query = "Resources | mv-expand net = properties.nets | project name, net"
    assert table(query) == [("a", "x"), ("a", "y"), ("b", None), ("c", None), ("d", "x")]


def test_joins():
    left = "Resources | project name, size"
    inner = f"{left} | join kind=inner (Others) on name | project name, owner, name1"
    assert table(inner) == [("a", "ana", "a"), ("a", "omar", "a"), ("d", "", "d")]
    outer = (
        f"{left} | join kind=leftouter (Others | where owner != '') on $left.name == $right.name"
    )
    assert table(f"{outer} | project name, owner") == [
        ("a", "ana"),
        ("a", "omar"),
        ("b", None),
        ("c", None),
        ("d", None),
    ]
    once = "Others | join (Others | project name, second = owner) on name | project owner, second"
    assert table(once) == [("ana", "ana"), ("ana", "omar"), ("", "")]


def test_unions():
    assert len(rows("Resources | union Others, (Others | take 1)")) == 4 + len(OTHERS) + 1
    assert rows("union Resources, Others | count") == [{"Count": 4 + len(OTHERS)}]
    last = rows("Resources | project name | union (Others | take 1)")[-1]
    assert last == {"name": "a", "owner": "ana"}


def test_functions():
    assert value("strcat('a', '-', 1 + 2 * 3, true)") == "a-7true"
    assert value("toupper(substring(properties.text, 4, 3))") == "FOX"
    assert value("split('/a/b/c', '/')[2]") == "b"
    assert value("array_length(properties.nets)") == 2
    assert value("iff(size > 2, 'big', 'small')") == "big"
    assert value("case(size > 5, 'l', size > 2, 'm', 's')") == "m"
    assert value("coalesce(tags.none, tags.stage)") == "qa"
    assert value("tostring(parse_json('{\"x\": [1]}').x)") == "[1]"
    assert value("toint('12') + strlen('abc')") == 15
    assert value("tobool('TRUE')") is True
    assert value("7 / 2") == 3
    assert value("7 / 2.0") == 3.5
    assert value("1 / 0") is None
    assert value("extract('fox_([0-9])', 1, tostring(properties.text))") == "7"
    assert value("tostring(datetime(2026-01-02) + 36h)") == "2026-01-03T12:00:00.0000000Z"
    assert value("-size") == -3
    assert value("replace_string('a/b', '/', '.')") == "a.b"
    assert value("isnull(tolower(dynamic(null)))") is False


def test_columns_are_put_in_another_order():
    def order(said: str) -> list[str]:
        return list(rows(f"Resources | project-reorder {said} | take 1")[0])

    rest = ["name", "type", "place", "size", "tags", "properties"]
    assert order("size, place") == ["size", "place", "name", "type", "tags", "properties"]
    assert order("t* asc") == ["tags", "type", "name", "place", "size", "properties"]
    assert order("t* desc, name") == ["type", "tags", "name", "place", "size", "properties"]
    assert order("*") == rest
    with pytest.raises(BadQuery, match="no column `nope`"):
        order("nope")


def test_a_column_of_any_name_is_made_and_used():
    made = "Resources | where name == 'a' | {} ['my col'] = {} | project ['my col']"
    for operator, of in (("extend", "size + 1"), ("project", "size + 1")):
        assert rows(made.format(operator, of)) == [{"my col": 4}]
    assert rows(made.format("project-rename", "size")) == [{"my col": 3}]
    counted = "Resources | summarize ['how many'] = count() by ['in place'] = place"
    [north] = rows(f"{counted} | where ['in place'] == 'north'")
    assert north == {"in place": "north", "how many": 1}
    # What is no name but a value, is one.
    assert rows("Resources | take 1 | project tags['stage']") == [{"tags_stage": "qa"}]


def test_the_outermost_is_found_by_an_expression():
    found = rows("Resources | summarize arg_min(strlen(place), name)")
    assert found == [{"Column1": 4, "name": "a"}]
    named = rows("Resources | summarize longest = arg_max(strlen(place), name, size)")
    assert named == [{"longest": 5, "name": "b", "size": 10}]
    [whole] = rows("Resources | summarize arg_max(size * 2, *)")
    assert (whole["Column1"], whole["name"], whole["place"]) == (20, "b", "north")
    assert rows("Resources | summarize arg_max(toint(size), name)") == [{"size": 10, "name": "b"}]


def test_elements_are_numbered():
    query = "Resources | mv-expand with_itemindex=i nets = properties.nets | project name, i, nets"
    assert rows(f"{query} | where name == 'a'") == [
        {"name": "a", "i": 0, "nets": "x"},
        {"name": "a", "i": 1, "nets": "y"},
    ]
