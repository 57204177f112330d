"""The filter language: what it reads, what it refuses, and that any value survives quoting."""

from __future__ import annotations

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlestate.core.errors import Invalid
from mlestate.core.search import Comparison, Order, holds, parse_filter, parse_order
from mlestate.tracking.grammar import EXPERIMENTS, MODEL_VERSIONS, RUNS

READ = {
    "": (),
    "  ": (),
    "metrics.loss < 1": (Comparison("metric", "loss", "<", 1),),
    "metric.`val loss`>=-1.5e3": (Comparison("metric", "val loss", ">=", -1500.0),),
    'metrics."a.b" = .5': (Comparison("metric", "a.b", "=", 0.5),),
    "params.lr = '0.1' and tags.t != \"x\"": (
        Comparison("param", "lr", "=", "0.1"),
        Comparison("tag", "t", "!=", "x"),
    ),
    "tags.mlflow.parentRunId = 'r'": (Comparison("tag", "mlflow.parentRunId", "=", "r"),),
    "run_id IN ('a', \"b\",'c')": (Comparison("attribute", "run_id", "IN", ("a", "b", "c")),),
    "attributes.status not in ('FAILED')": (
        Comparison("attribute", "status", "NOT IN", ("FAILED",)),
    ),
    "Created > 5": (Comparison("attribute", "start_time", ">", 5),),
    "attributes.`Run name` ilike '%A%'": (Comparison("attribute", "run_name", "ILIKE", "%A%"),),
    "tags.x IS NULL AND params.y is not null": (
        Comparison("tag", "x", "IS NULL"),
        Comparison("param", "y", "IS NOT NULL"),
    ),
    "dataset.name = 'and'": (Comparison("dataset", "name", "=", "and"),),
    "params.a = 'it''s'": (Comparison("param", "a", "=", "it's"),),
    "metrics.m<>1": (Comparison("metric", "m", "!=", 1),),
}

REFUSED = [
    "metrics.loss",
    "metrics.loss <",
    "metrics.loss < 'x'",
    "metrics.loss LIKE 'x'",
    "metrics.loss IS NULL",
    "params.lr < '1'",
    "params.lr = 1",
    "params.lr = x",
    "params. = 'x'",
    "tags.t = 'x' OR tags.t = 'y'",
    "tags.t = 'x' tags.u = 'y'",
    "tags.t = 'x' AND",
    "AND tags.t = 'x'",
    "nobody = 'x'",
    "things.a = 'x'",
    "start_time IN ('1')",
    "run_id IN ()",
    "run_id IN ('a'",
    "run_id IN 'a'",
    "tags.t IN ('a')",
    "tags.t IS 'x'",
    "tags.t NOT 'x'",
    "tags.t = 'x",
    "tags.t = 'x'; DROP TABLE run",
    "dataset.size = '1'",
    "metrics.a = 1 -- comment",
    "(metrics.a = 1)",
    "metrics.a = 1e",
    "\0",
    "tags.t = 'a\0b'",
]


@pytest.mark.parametrize("text", READ)
def test_a_filter_is_read(text: str) -> None:
    assert parse_filter(text, RUNS) == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_a_wrong_filter_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(Invalid, match="Invalid search expression"):
        parse_filter(text, RUNS)


def test_an_order_is_read() -> None:
    assert parse_order("metrics.loss DESC", RUNS) == Order("metric", "loss", False)
    assert parse_order(" start_time ", RUNS) == Order("attribute", "start_time")
    assert parse_order("attribute.`Run name`  asc", RUNS) == Order("attribute", "run_name")
    assert parse_order("tag.`a desc`", RUNS) == Order("tag", "a desc")
    assert parse_order("version_number DESC", MODEL_VERSIONS).key == "version_number"


@pytest.mark.parametrize("text", ["", "nobody", "dataset.name", "metrics.", "things.x ASC"])
def test_a_wrong_order_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_order(text, RUNS)


def test_each_thing_has_a_grammar_of_its_own() -> None:
    assert parse_filter("creation_time > 1", EXPERIMENTS)
    with pytest.raises(Invalid, match="metrics"):
        parse_filter("metrics.a > 1", EXPERIMENTS)


KEYS = st.text(st.characters(exclude_characters="`", exclude_categories=("Cs", "Cc")), min_size=1)
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)


def written(one: Comparison) -> str:
    """The comparison as text, quoted the way the grammar wants it."""
    name = f"{one.kind}.`{one.key}`"
    if one.op in ("IS NULL", "IS NOT NULL"):
        return f"{name} {one.op}"
    if isinstance(one.value, str):
        return f"{name} {one.op} " + "'" + one.value.replace("'", "''") + "'"
    return f"{name} {one.op} {one.value!r}"


COMPARISONS = st.one_of(
    st.builds(
        Comparison,
        st.just("metric"),
        KEYS,
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        NUMBERS,
    ),
    st.builds(
        Comparison,
        st.sampled_from(["param", "tag"]),
        KEYS,
        st.sampled_from(["=", "!=", "LIKE", "ILIKE"]),
        TEXTS,
    ),
    st.builds(
        Comparison,
        st.sampled_from(["param", "tag"]),
        KEYS,
        st.sampled_from(["IS NULL", "IS NOT NULL"]),
    ),
)


@given(st.lists(COMPARISONS, max_size=4), st.sampled_from([" AND ", " and ", "\nAnd\t"]))
def test_whatever_is_written_is_read_back(wanted: list[Comparison], glue: str) -> None:
    assert parse_filter(glue.join(map(written, wanted)), RUNS) == tuple(wanted)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_filter(text, RUNS)
    except Invalid:
        return
    assert all(isinstance(one, Comparison) for one in found)


@given(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), NUMBERS, NUMBERS)
def test_numbers_compare_in_memory_as_in_python(op: str, left: float, right: float) -> None:
    meant = {
        "=": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
    assert holds(Comparison("metric", "m", op, right), left) == meant[op](left, right)


@pytest.mark.parametrize(
    ("value", "op", "pattern", "result"),
    [
        ("abc", "LIKE", "a%", True),
        ("abc", "LIKE", "A%", False),
        ("abc", "ILIKE", "A_C", True),
        ("a*c", "LIKE", "a*c", True),
        ("abc", "LIKE", "a*c", False),
        ("a[b]", "LIKE", "a[b]", True),
        ("a\nb", "LIKE", "a%b", True),
        (None, "LIKE", "%", False),
        (None, "IS NULL", None, True),
        ("x", "IS NOT NULL", None, True),
        ("x", "IN", ("x", "y"), True),
        (None, "NOT IN", ("x",), False),
    ],
)
def test_patterns_in_memory(value: str | None, op: str, pattern: object, result: bool) -> None:
    assert holds(Comparison("tag", "t", op, pattern), value) is result  # type: ignore[arg-type]
