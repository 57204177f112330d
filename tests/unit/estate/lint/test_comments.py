"""What somebody has looked at is said no more, as long as it is there."""

from __future__ import annotations

import pytest

from tests.unit.estate.lint.clean import changed, linted, opened, spot

ALWAYS_ON = "computes: {cpu: {size: Standard_DS3_v2, max: 2, min: 1, idle: 30m}}"
LINE = "    computes: {cpu: {size: Standard_DS3_v2, max: 2, idle: 30m}}\n"


def on_the_line(comment: str) -> tuple[str, str]:
    return LINE, f"    {ALWAYS_ON}  # {comment}\n"


@pytest.mark.parametrize(
    "change",
    [
        on_the_line("lint: ok nodes-always-on: the demo starts at once"),
        on_the_line("lint: ok unused-role, nodes-always-on: the demo"),
        (LINE, f"    # lint: ok nodes-always-on: the demo\n    {ALWAYS_ON}\n"),
    ],
)
def test_a_comment_with_a_reason_accepts_a_finding(change: tuple[str, str]):
    assert linted(change) == []
    assert opened(change) == []


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("lint: ok", "this comment accepts nothing"),
        ("lint: ok nodes-always-on", "this comment accepts nothing"),
        ("lint: ok nodes-always-on:", "this comment accepts nothing"),
        ("lint: ok nodes-allways-on: why", "did you mean `nodes-always-on`?"),
        ("lint: ok slow-to-shrink: why", "nothing is found here by `slow-to-shrink`"),
    ],
)
def test_a_comment_that_accepts_nothing_is_a_finding_beside(comment: str, message: str):
    change = on_the_line(comment)
    rules = {one.rule: one for one in linted(change)}
    assert set(rules) == {"nodes-always-on", "lint-comment"}
    assert message in rules["lint-comment"].message
    assert str(rules["lint-comment"].spot) == spot(changed(change), "# lint")


def test_a_comment_is_about_its_own_line_alone():
    change = (LINE, f"# lint: ok nodes-always-on: far above\n\n    {ALWAYS_ON}\n")
    assert {one.rule for one in linted(change)} == {"nodes-always-on", "lint-comment"}
