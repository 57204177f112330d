"""Lists of who holds what, as somebody who reviews them reads them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlestate.cli.main import run
from tests.access.asking import Request
from tests.access.team import Team
from tests.access.two_workspaces import AUTHORIZATION, OWNER, READER, SUBSCRIPTION, A, assigned
from tests.house import served


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    """Ben owns the subscription, sam reads it; mia has activated what her group may."""
    house = Team(tmp_path)
    house.build()
    for name, role in (("ben", OWNER), ("sam", READER)):
        id = f"{SUBSCRIPTION}/providers/{AUTHORIZATION}/roleAssignments/{uuid.uuid4()}"
        house.put(id, {"properties": assigned(role, house.ids[name])})
    id = f"{A.group}/providers/{AUTHORIZATION}/roleDefinitions/{uuid.uuid4()}"
    said = {"permissions": [{"actions": ["*/read"]}], "assignableScopes": [A.group]}
    house.put(id, {"properties": {"roleName": "looker on", **said}})
    given = f"{A.group}/providers/{AUTHORIZATION}/roleAssignments/{uuid.uuid4()}"
    custom = assigned(id.rpartition("/")[2], house.groups["leads"])
    house.put(given, {"properties": custom})
    house.eligible(house.groups["outer"])
    assert house.asks("mia").status == 201
    with served(house.estate.app) as origin:
        monkeypatch.setenv("MLESTATE_URL", origin)
        monkeypatch.setenv("MLESTATE_DATA", str(house.estate.data))
        yield house
    house.close()


def listed(capsys: pytest.CaptureFixture[str], word: str) -> list[dict[str, str]]:
    """The rows of the table, by its columns."""
    assert run(["list", word]) == 0, capsys.readouterr().err
    header, *lines = capsys.readouterr().out.splitlines()
    starts = [header.index(name) for name in header.split()] + [None]
    cuts = list(zip(header.split(), starts, starts[1:], strict=False))
    return [{name: line[at:end].strip() for name, at, end in cuts} for line in lines]


def test_assignments_are_listed_with_names(estate: Team, capsys: pytest.CaptureFixture[str]):
    for word in ("role-assignment", "Microsoft.Authorization/roleAssignments"):
        rows = listed(capsys, word)
        assert {(each["PRINCIPAL"], each["ROLE"], each["SCOPE"]) for each in rows} >= {
            ("admin", "Owner", "/"),
            ("ben", "Owner", SUBSCRIPTION),
            ("sam", "Reader", SUBSCRIPTION),
            ("leads", "looker on", A.group),
        }


def test_what_is_held_for_a_time_is_listed_with_its_end(
    estate: Team, capsys: pytest.CaptureFixture[str]
):
    [eligible] = listed(capsys, "eligibility")
    assert (eligible["PRINCIPAL"], eligible["ROLE"], eligible["SCOPE"]) == (
        "outer",
        "Reader",
        A.group,
    )
    for word in ("activation", "request"):
        [row] = listed(capsys, word)
        assert (row["PRINCIPAL"], row["ROLE"], row["SCOPE"]) == ("mia", "Reader", A.group)
        assert row["UNTIL"].endswith(" UTC")


def test_names_are_told_to_those_who_may_know_them(
    estate: Team, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """Who gives roles may have names for object ids; who only reads them has the ids."""
    monkeypatch.setenv("MLESTATE_TOKEN", estate.tokens["ben"])
    assert "leads" in {each["PRINCIPAL"] for each in listed(capsys, "role-assignment")}
    monkeypatch.setenv("MLESTATE_TOKEN", estate.tokens["sam"])
    told = {each["PRINCIPAL"] for each in listed(capsys, "role-assignment")}
    assert told >= {"sam", estate.ids["ben"]}
    assert "ben" not in told
    assert estate.ask("sam", Request("GET", "/estate/v1/users")).status == 403
