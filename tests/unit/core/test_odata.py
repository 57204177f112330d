"""Filters as Azure's clients write them, and as nobody should."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlestate.core.errors import Invalid
from mlestate.core.odata import AnyOf, Both, Call, Compare, Either, Not, every, parse


def test_nothing_asked_is_nothing():
    assert parse("") is None
    assert parse("  ") is None


def test_what_clients_send_is_read():
    assert parse("tagName eq 'it''s' and tagValue eq ''") == Both(
        Compare("tagname", "eq", "it's"), Compare("tagvalue", "eq", "")
    )
    assert parse("substringof('Dev', name) or not startswith(TagName,'a')") == Either(
        Call("substringof", ("name",), ("Dev",)), Not(Call("startswith", ("tagname",), ("a",)))
    )
    assert parse("servicePrincipalNames/any(c:c eq 'Bot')") == AnyOf("serviceprincipalnames", "Bot")
    assert parse("atScope() and assignedTo('x')") == Both(
        Call("atscope"), Call("assignedto", (), ("x",))
    )
    assert parse("eventTimestamp ge 2026-01-01T10:30:00.5Z") == Compare(
        "eventtimestamp", "ge", "2026-01-01T10:30:00.5Z"
    )


def test_and_binds_more_than_or_and_brackets_more_than_both():
    a, b, c = (Compare(name, "eq", "1") for name in "abc")
    assert parse("a eq 1 or b eq 1 and c eq 1") == Either(a, Both(b, c))
    assert parse("(a eq 1 or b eq 1) and c eq 1") == Both(Either(a, b), c)
    assert list(every(parse("a eq 1 and b eq 1 and c eq 1"))) == [a, b, c]


@pytest.mark.parametrize(
    "text",
    [
        "name",
        "name eq",
        "name is 'x'",
        "name eq 'x",
        "name eq 'x' and",
        "(name eq 'x'",
        "name eq 'x')",
        "names/any(x:y eq 'z')",
        "'x' eq name",
        "name eq 'a\0b'",
        "(" * 30 + "name eq 'x'" + ")" * 30,
        "not " * 30 + "name eq 'x'",
        " and ".join(["name eq 'x'"] * 60),
        "name eq '" + "x" * 5000 + "'",
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(text: str):
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert refused.value.code == "InvalidFilterInQueryString"
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


_WORDS = st.sampled_from(["name", "eq", "and", "or", "not", "(", ")", ",", ":", "'x'", "'", "/any"])


@given(st.one_of(st.text(), st.lists(_WORDS).map(" ".join), st.lists(_WORDS).map("".join)))
def test_any_text_at_all_is_read_or_refused(text: str):
    with suppress(Invalid):
        parse(text)
