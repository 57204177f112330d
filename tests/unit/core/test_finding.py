"""The language of searches: what is read, and what is said of what cannot be."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlestate.core.errors import Invalid
from mlestate.core.finding import ask, token
from mlestate.core.finding.instant import read
from mlestate.core.finding.parse import parse
from mlestate.core.finding.tree import ANYTHING, Every, Not, Some, Test, verdict

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", ANYTHING),
        ("  ", ANYTHING),
        ("kind = 'model'", Test("kind", "=", "model")),
        ('KIND == "model"', Test("kind", "=", "model")),
        ("created_by <> 'ana'", Test("createdBy", "!=", "ana")),
        ("name like 'fraud%'", Test("name", "LIKE", "fraud%")),
        ("name not like 'a'", Test("name", "NOT LIKE", "a")),
        ("name = 'it''s'", Test("name", "=", "it's")),
        ("status in ('Failed','Canceled')", Test("status", "IN", ("Failed", "Canceled"))),
        ("tags.stage is not null", Test("tags", "IS NOT NULL", key="stage")),
        ("tags.`cost center` = 'x'", Test("tags", "=", "x", "cost center")),
        ("metrics.val/acc > 0.5", Test("metrics", ">", 0.5, "val/acc")),
        ("archived = true", Test("archived", "=", True)),
        ("created > 2026-11-01", Test("created", ">", 1_793_491_200.0)),
        ("created > '2026-11-01T01:00:00+01:00'", Test("created", ">", 1_793_491_200.0)),
        ("created >= -2d", Test("created", ">=", NOW - 172_800)),
        ("env = 'prod'", Test("environment", "=", "prod")),
        (
            "not kind = 'job' and (name = 'a' or name = 'b')",
            Every(
                (
                    Not(Test("kind", "=", "job")),
                    Some((Test("name", "=", "a"), Test("name", "=", "b"))),
                )
            ),
        ),
        (
            "name = 'a' or name = 'b' and kind = 'c'",
            Some(
                (
                    Test("name", "=", "a"),
                    Every((Test("name", "=", "b"), Test("kind", "=", "c"))),
                )
            ),
        ),
    ],
)
def test_a_filter_becomes_a_tree(text: str, tree: object):
    assert parse(text, NOW) == tree


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("nmae = 'x'", 1, "`nmae` is no field; did you mean `name`?"),
        ("kind = 'model' and evn = 'x'", 20, "did you mean `environment`?"),
        ("kind = 'model' adn name = 'x'", 16, "expected `and` or `or`, found `adn`"),
        ("kind = model", 8, "compared with a quoted text, not `model`"),
        ("name ~ 'x'", 6, "cannot be read"),
        ("name = 'x", 8, "the quote is not closed"),
        ("tags = 'x'", 1, "`tags` takes a key: write `tags.stage`"),
        ("kind.x = 'x'", 1, "`kind` has no keys: write `kind`"),
        ("created like '2026%'", 9, "`LIKE` is not used with `created`"),
        ("created > 'soon'", 11, "a date such as `2026-11-01`, or a time ago such as `-7d`"),
        ("metrics.a = 'x'", 13, "`metrics` is compared with a number"),
        ("archived = 'yes'", 12, "`true` or `false`"),
        ("name in 'x'", 9, "`in` is followed by a list in parentheses"),
        ("name in ('x' 'y')", 14, "expected `,` or `)`"),
        ("name is null", 6, "`IS NULL` is not used with `name`"),
        ("(name = 'x'", 12, "expected `)`, found the end"),
        ("name = 'x' and", 15, "expected a field such as `name`, found the end"),
        ("and name = 'x'", 1, "expected a field"),
        ("(" * 60 + "name = 'x'", 42, "too many parentheses"),
    ],
)
def test_a_fault_is_told_with_its_place_in_one_line(text: str, at: int, said: str):
    with pytest.raises(Invalid) as refusal:
        parse(text, NOW)
    assert f"at character {at} " in str(refusal.value)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str):
    with contextlib.suppress(Invalid):
        parse(text, NOW)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("", ("created", True)),
        ("-created", ("created", True)),
        ("created", ("created", False)),
        ("name desc", ("name", True)),
        ("last_modified ASC", ("modified", False)),
    ],
)
def test_an_order_is_read(text: str, order: tuple[str, bool]):
    found = ask.order(text)
    assert (found.field, found.descending) == order


@pytest.mark.parametrize(
    ("read", "given", "said"),
    [
        (ask.order, "nmae", "did you mean `name`?"),
        (ask.order, "status", "is no order"),
        (ask.shown, "Some", "ActiveOnly, ArchivedOnly, All"),
        (ask.top, "0", "a whole number above 0"),
        (ask.facets, ["knid"], "did you mean `kind`?"),
        (ask.facets, ["tags"], "write `tags.stage`"),
        (ask.facets, ["created"], "is no facet"),
        (ask.facets, [f"tags.{n}" for n in range(30)], "at most 20"),
        (ask.words, "a b c d e f g h i j k l m n o p q", "at most 16"),
    ],
)
def test_what_cannot_be_asked_is_refused(read: object, given: object, said: str):
    with pytest.raises(Invalid, match=said.replace("?", r"\?")):
        read(given)  # type: ignore[operator]


def test_a_token_belongs_to_its_order():
    after = token.After("created desc", 1.25, "west/a", "/s/ws", "/jobs/j")
    text = token.write(after)
    assert token.read(text, "created desc") == after
    for wrong in ("name asc", "created asc"):
        with pytest.raises(Invalid, match="page token"):
            token.read(text, wrong)
    for forged in ("x", "!!!", text[:-4], "eyJhIjoxfQ"):
        with pytest.raises(Invalid, match="not one of ours"):
            token.read(forged, "created desc")


def test_a_verdict_may_hang_on_what_is_not_known():
    a, b = Test("kind", "=", "a"), Test("name", "=", "b")
    known = {"kind": False, "name": None}

    def of(test: Test) -> bool | None:
        return known[test.field]

    assert verdict(Every((a, b)), of) is False
    assert verdict(Some((a, b)), of) is None
    assert verdict(Not(a), of) is True
    assert verdict(Not(b), of) is None
    assert verdict(Every(()), of) is True
    assert verdict(Some(()), of) is False


def test_what_is_no_time_is_none():
    assert read("2026-13-01", 0.0) is None
    assert read("-7x", 0.0) is None
