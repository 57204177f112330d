"""Filters, paths and patches of SCIM: what is read, and what is refused."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlestate.core.errors import Invalid
from mlestate.core.scim import patches
from mlestate.core.scim.filters import (
    Both,
    Compare,
    Either,
    Not,
    Path,
    Within,
    matches,
    parse,
    parse_path,
)

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('userName eq "bjensen"', Compare("username", "eq", "bjensen")),
        (f'{USER}:userName Eq "b"', Compare("username", "eq", "b")),
        ("title pr", Compare("title", "pr")),
        ('a eq "\\"x\\u00e9"', Compare("a", "eq", '"xé')),
        (
            "a eq 1 or b eq true and c ne null",
            Either(
                (
                    Compare("a", "eq", 1.0),
                    Both((Compare("b", "eq", True), Compare("c", "ne", None))),
                )
            ),
        ),
        ('not (name.givenName sw "A")', Not(Compare("name.givenname", "sw", "A"))),
        ('members[value eq "x"]', Within("members", Compare("value", "eq", "x"))),
    ],
)
def test_a_filter_is_read(text: str, found: Any):
    assert parse(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a eq",
        'a eq "',
        "a is 1",
        "a eq x",
        '(a eq "x"',
        'a eq "x")',
        "a eq 1 b",
        "[",
        '"x"',
    ],
)
def test_what_is_no_filter_is_refused(text: str):
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert refused.value.code in ("invalidFilter", "invalidPath")


@given(st.text(alphabet=st.sampled_from('ab."\\()[] eqandornt1'), max_size=60))
def test_no_text_breaks_the_reader(text: str):
    with contextlib.suppress(Invalid):
        parse(text)
    with contextlib.suppress(Invalid):
        parse_path(text)


def test_depth_and_length_are_bounded():
    for text in ("(" * 5000, "not (" * 100 + "a pr" + ")" * 100, 'a eq "' + "x" * 5000 + '"'):
        with pytest.raises(Invalid):
            parse(text)


def test_a_path_names_elements_and_their_parts():
    work = Compare("type", "eq", "work")
    assert parse_path('emails[type eq "work"].value') == Path("emails", work, "value")
    assert parse_path("name.givenName") == Path("name", part="givenname")
    assert parse_path(f"{USER}:displayName") == Path("displayname")


@given(
    st.dictionaries(st.sampled_from("ab"), st.text(max_size=3) | st.booleans()),
    st.text(max_size=3),
)
def test_no_and_its_contrary_are_never_both_true(element: dict[str, Any], word: str):
    wanted = Compare("a", "eq", word)
    assert matches(wanted, element) != matches(Not(wanted), element)


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(
    st.sampled_from(["add", "Replace", "REMOVE"]),
    st.sampled_from(
        ["", "active", "emails", "members", 'emails[type eq "w"].value', "name.givenName", "name"]
    ),
    JSON,
)
def test_no_patch_breaks_a_document(op: str, path: str, value: Any):
    before = {"userName": "a", "emails": [{"type": "w", "value": "x"}], "name": {"givenName": "A"}}
    said = {"op": op, "path": path, "value": value}
    kept = msgspec.json.encode(before)
    with contextlib.suppress(Invalid):
        patches.apply(before, patches.read({"Operations": [said]}))
    assert msgspec.json.encode(before) == kept
