"""What somebody sent is a number, a page token or a document, or is none: no text is a surprise."""

from __future__ import annotations

import base64

import msgspec
import pytest

from mlestate.core import nesting, numbers, page_token


@pytest.mark.parametrize(
    "text", ["", "-", "+1", " 1", "1_0", "0x1", "1.0", "٣", "9" * 5000, "9" * 19]
)
def test_what_is_no_whole_number_is_none(text: str):
    assert numbers.whole(text) is None


def test_a_whole_number_is_held_to_its_bounds():
    assert numbers.whole("9223372036854775807") == numbers.LARGEST
    assert numbers.whole("-5") is None
    assert numbers.whole("-5", -5) == -5
    assert (numbers.whole("1000", 1, 1000), numbers.whole("1001", 1, 1000)) == (1000, None)


def test_a_page_token_is_read_as_it_was_written():
    assert page_token.read(page_token.write((1.5, "ß", 7)), tuple[float, str, int]) == (1.5, "ß", 7)


@pytest.mark.parametrize(
    "place", [[1.0, "", 2**70], [1.0, "a\0b", 1], [1.0, ""], [], {"a": 1}, ["x", "", 1]]
)
def test_a_page_token_of_another_shape_or_of_what_no_database_holds_is_none(place: object):
    text = base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()
    assert page_token.read(text, tuple[float, str, int]) is None


@pytest.mark.parametrize("text", ["é", "%", "A", "AA==", "/w==", "=" * 9])
def test_a_page_token_that_is_no_text_of_ours_is_none(text: str):
    assert page_token.read(text, tuple[float, str, int]) is None


def test_what_is_nested_too_deeply_is_told_however_deep_it_is():
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    assert nesting.too_deep(deep)
    while isinstance(deep, list):
        deep = deep[0]  # or Python would free them all in one another
    assert not nesting.too_deep([[{"a": [1]}]], 4)
    assert nesting.too_deep([[{"a": [1]}]], 3)
