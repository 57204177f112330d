"""What differs in a thing, as people read it."""

from __future__ import annotations

from mlestate.cli.fields import lines
from mlestate.core.rights import EVERYONE
from mlestate.estate.desired import Json
from mlestate.estate.planning.compare import Difference

ANA = "2b42aaaa-0000-4000-8000-000000000001"
NAMES = {ANA: "ana"}


def told(before: Json, after: Json, stated: str = "after") -> list[str]:
    side = "before" if stated == "before" else "after"
    return list(lines(Difference("x", before, after), NAMES, side))


def test_where_two_long_values_differ_is_shown():
    shared = "/subscriptions/11111111/" + "a" * 80
    assert told(f"{shared}/dev", f"{shared}/prod") == ['x: …aaaaaaaaaaa/dev" -> …aaaaaaaaaaa/prod"']
    assert told("one", None) == ['x: "one" -> (nothing)']


def test_lists_are_told_by_what_comes_and_goes_however_long_they_are():
    many: list[Json] = [f"action/{i}" for i in range(500)]
    assert told([*many, "old"], ["new", *many]) == ["x:", "  - old", "  + new"]
    assert told(None, ["new"]) == ["x:", "  + new"]


def test_people_are_told_by_name_and_those_without_one_by_id():
    stranger = "99999999-0000-4000-8000-000000000009"
    before: list[Json] = [{"id": ANA.upper(), "type": "User"}, {"id": stranger}]
    assert told(before, [{"id": EVERYONE, "type": "SystemDefined"}]) == [
        "x:",
        "  - `ana`",
        f"  - {stranger}",
        "  + `everyone`",
    ]
    assert told("", ANA) == ['x: "" -> `ana`']


def test_what_has_an_id_is_compared_with_what_had_it():
    before: list[Json] = [{"id": "longest", "hours": 4}, {"id": "gone", "on": True}]
    assert told(before, [{"id": "longest", "hours": 8, "words": ["a"]}]) == [
        "x.longest.hours: 4 -> 8",
        "x.longest.words:",
        "  + a",
        'x.gone.id: "gone" -> (nothing)',
        "x.gone.on: true -> (nothing)",
    ]


def test_what_the_server_adds_is_no_difference():
    said: list[Json] = [{"id": "a", "hours": 4}]
    shown: list[Json] = [{"id": "a", "hours": 8, "scope": "/"}]
    assert told(shown, said) == ["x.a.hours: 8 -> 4"]
    assert told(said, shown, "before") == ["x.a.hours: 4 -> 8"]


def test_what_differs_only_in_how_often_it_is_there_is_shown_whole():
    assert told(["a"], ["a", "a"]) == ['x: ["a"] -> ["a", "a"]']
