"""A slip is told with its place and what to write; what is too much is refused."""

from __future__ import annotations

import pytest

from mlestate.core.kql.budget import Budget
from mlestate.core.kql.fault import TooMuch
from tests.unit.core.kql.asking import refused, rows


@pytest.mark.parametrize(
    ("query", "kind", "why"),
    [
        ("", "ParserFailure", "it is empty"),
        ("Resorces | take 1", "UnknownTable", "did you mean `Resources`?"),
        ("Resources | wher name == 'a'", "UnknownOperator", "did you mean `where`?"),
        ("Resources | parse name with x", "UnknownOperator", "`split` or `extract`"),
        ("Resources | where nme == 'a'", "UnknownColumn", "did you mean `name`?"),
        ("Resources | project name | where size > 1", "UnknownColumn", "these are: name"),
        ("Resources | where name = 'a'", "ParserFailure", "compared with `==`"),
        ("Resources | where (name == 'a'", "ParserFailure", "expected `)`, found the end"),
        ("Resources | where name == 'a", "ParserFailure", "the quote is not closed"),
        ("Resources | where name == 'a' && size > 1", "ParserFailure", "write `and`"),
        ("Resources | where count() > 1", "InvalidFunction", "it stands in `summarize`"),
        ("Resources | summarize tolower(name)", "InvalidFunction", "does not count over rows"),
        ("Resources | where tolowr(name) == 'a'", "InvalidQueryExpression", "`tolower`?"),
        ("Resources | where substring(name) == 'a'", "InvalidFunction", "takes 2 to 3 arguments"),
        ("Resources | where name matches regex '('", "InvalidQueryExpression", "no pattern"),
        ("Resources | take x", "ParserFailure", "a whole number"),
        ("Resources | join kind=outer (Others) on name", "ParserFailure", "kind of join"),
        ("Resources | take 1 take 2", "ParserFailure", "expected `|`"),
        ("Resources | where at > datetime(today)", "ParserFailure", "no datetime"),
        ("Resources | where " + "(" * 60 + "1", "ParserFailure", "too many parentheses"),
        ("Resources | where tags" + ".a" * 3000 + " == 1", "ParserFailure", "over 120 steps"),
        ("Resources | where tags" + "[0]" * 3000 + " == 1", "ParserFailure", "over 120 steps"),
        ("Resources | extend x = " + "1+" * 5000 + "1", "ParserFailure", "over 120 steps"),
        ("Resources | take " + "9" * 20, "ParserFailure", "too large"),
        ("Resources | take " + "9" * 5000, "ParserFailure", "too large"),
        ("Resources | extend x = bool(x)", "ParserFailure", "is no bool"),
        (
            "Resources | extend x = dynamic(" + "[" * 3000 + "]" * 3000 + ")",
            "ParserFailure",
            "is no",
        ),
        ("Resources" + " | take 1" * 61, "ParserFailure", "over 60 operators"),
        ("Resources | where name == '" + "a" * 20_000 + "'", "ParserFailure", "at most 20000"),
    ],
)
def test_faults(query: str, kind: str, why: str):
    assert why in refused(query, kind=kind).why


def test_hundreds_of_conditions_lie_in_no_depth():
    many = " or ".join(["name == 'b'"] * 1200)
    assert [row["name"] for row in rows(f"Resources | where {many}")] == ["b"]
    every = " and ".join(["name == 'b'"] * 1200)
    assert [row["name"] for row in rows(f"Resources | where {every}")] == ["b"]


def test_a_fault_says_line_and_place():
    found = refused("Resources\n| where name == 'a'\n| wher x", line=3, column=2, token="wher")
    assert str(found).startswith("the query, in line 3 at character 3 (`wher`): `wher` is no")


def test_a_fault_is_told_before_any_row_is_read():
    refused("Resources | extend x = strcat(name, 'a') | where nme == 'a'", kind="UnknownColumn")
    refused("Resources | where name == 'none' | where nme == 'a'", kind="UnknownColumn")


GROWING = " | ".join(["extend x = strcat(name, name)", *["extend x = strcat(x, x)"] * 40])


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (f"Resources | {GROWING}", "too much text"),
        ("Resources" + " | union Resources" * 40 + " | count", "over more than"),
        ("Resources" + " | union Resources" * 40 + " | order by name", "keeps more than"),
        ("Resources | where replace_string(properties, '', '') != ''", ""),
    ],
)
def test_what_is_too_much_is_refused_with_advice(query: str, why: str):
    budget = Budget(lambda: 0.0, rows=1000 if "count" in query else 10_000, held=100)
    if not why:
        assert rows(query, budget)
        return
    with pytest.raises(TooMuch, match=why):
        rows("union " + ", ".join(["Resources"] * 400) + query.removeprefix("Resources"), budget)


def test_a_query_ends_when_its_time_is_over():
    ticks = iter(range(1000))
    with pytest.raises(TooMuch, match=r"took over 10 seconds: say which rows with `where`"):
        rows("union " + ", ".join(["Resources"] * 400), Budget(lambda: next(ticks) * 11.0))
