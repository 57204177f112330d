"""What the JSON addresses share."""

from __future__ import annotations

import msgspec
import pytest

from mlestate.api.http import why_not_json


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (rb'{"a":"\ud800"}', r"`\ud800` is half a character"),
        (rb'{"a":"\ud83d\ude00 \uDC00 and more"}', r"`\uDC00` is half a character"),
        (rb'{"a":"\ud83d\ude00 \\ud800', "Input data was truncated"),
        (rb'{"a":', "Input data was truncated"),
    ],
)
def test_why_a_body_is_not_json(body: bytes, why: str) -> None:
    with pytest.raises(msgspec.DecodeError) as told:
        msgspec.json.decode(body)
    assert why_not_json(body, told.value) == why
