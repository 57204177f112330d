"""Whom a directory took away: they come back as who they were, stand in nobody's way, and what is
not said of somebody opens nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.access.asking import Request
from tests.directory.pushing import Directory, pushed


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Directory]:
    with pushed(tmp_path / "data") as found:
        yield found


def enabled(directory: Directory, name: str) -> bool:
    return bool(directory.house.get("admin", f"/estate/v1/users/{name}").json()["enabled"])


def take_away(directory: Directory, *people: str) -> None:
    for person in people:
        directory.made("DELETE", f"/Users/{person}")


class TestWhatIsNotSaid:
    @pytest.mark.parametrize(
        "said",
        [
            {"op": "replace", "path": "active", "value": None},
            {"op": "remove", "path": "active"},
            {"op": "replace", "value": {"active": None}},
            {"op": "replace", "path": "displayName", "value": "Ana"},
        ],
    )
    def test_opens_nothing_in_a_patch(self, directory: Directory, said: dict[str, Any]):
        ana = directory.user("ana", active=True)
        directory.patch(f"/Users/{ana}", {"op": "replace", "path": "active", "value": False})
        assert not directory.patch(f"/Users/{ana}", said).get("active")
        assert not enabled(directory, "ana")

    @pytest.mark.parametrize("more", [{}, {"active": None}])
    def test_opens_and_closes_nothing_where_all_else_is_replaced(
        self, directory: Directory, more: dict[str, Any]
    ):
        ana = directory.user("ana", active=True)
        said = {"userName": "ana", "displayName": "Ana"} | more
        assert directory.made("PUT", f"/Users/{ana}", said)["active"] is True
        assert enabled(directory, "ana")
        directory.patch(f"/Users/{ana}", {"op": "replace", "path": "active", "value": False})
        assert directory.made("PUT", f"/Users/{ana}", said)["active"] is False
        assert not enabled(directory, "ana")
        directory.made("PUT", f"/Users/{ana}", said | {"active": True})
        assert enabled(directory, "ana")

    def test_leaves_somebody_disabled_whom_the_directory_takes_over(self, directory: Directory):
        directory.house.made("admin", Request("PUT", "/estate/v1/users/ana", {"enabled": False}))
        directory.user("ana")
        assert not enabled(directory, "ana")

    def test_lets_in_who_is_made_and_who_comes_back(self, directory: Directory):
        for _ in range(2):
            ana = directory.user("ana", externalId="x-1")
            assert enabled(directory, "ana")
            take_away(directory, ana)


class TestTheirName:
    @pytest.mark.parametrize("method", ["PATCH", "PUT"])
    def test_is_free_for_somebody_who_is_here(self, directory: Directory, method: str):
        ana, bo = directory.user("ana", externalId="x-1"), directory.user("bo", externalId="x-2")
        take_away(directory, ana)
        if method == "PATCH":
            directory.patch(f"/Users/{bo}", {"op": "replace", "path": "userName", "value": "ana"})
        else:
            directory.made("PUT", f"/Users/{bo}", {"userName": "ana", "externalId": "x-2"})
        found = directory.house.get("admin", "/estate/v1/users/ana").json()
        assert found["objectId"] == bo
        assert directory.user("ana.souza", externalId="x-1") == ana

    def test_is_free_for_another_kind(self, directory: Directory):
        group, ana = directory.group("science"), directory.user("ana")
        directory.made("DELETE", f"/Groups/{group}")
        take_away(directory, ana)
        assert directory.user("science") != group
        assert directory.group("ana") != ana

    def test_is_free_even_where_somebody_has_the_name_that_they_are_put_aside_by(
        self, directory: Directory
    ):
        ana = directory.user("ana", externalId="x-1")
        directory.user(f"ana-{ana[:8]}")
        take_away(directory, ana)
        assert directory.user("ana", externalId="x-2") != ana

    def test_is_free_here_once_they_are_deleted_here_too(self, directory: Directory):
        house, path = directory.house, "/estate/v1/users/ana"
        take_away(directory, directory.user("ana"))
        refused = house.ask("admin", Request("PUT", path, {"displayName": "Another"}))
        assert (refused.status, refused.code) == (409, "OwnedByDirectory")
        assert "was taken away" in refused.text
        house.made("admin", Request("DELETE", path))
        assert house.made("admin", Request("PUT", path, {})).json()["enabled"]

    def test_of_somebody_who_is_here_is_not_free(self, directory: Directory):
        ana, bo = directory.user("ana"), directory.user("bo")
        directory.house.made("admin", Request("PUT", "/estate/v1/users/cy", {}))
        for name, words in (("bo", "of the directory already"), ("cy", "another owner")):
            rename = {"Operations": [{"op": "replace", "path": "userName", "value": name}]}
            refused = directory.ask("PATCH", f"/Users/{ana}", rename)
            assert (refused.status, words in refused.json()["detail"]) == (409, True)
        assert directory.made("GET", f"/Users/{bo}")["userName"] == "bo"


class TestTheirExternalId:
    def test_says_who_comes_back_whatever_they_are_called_now(self, directory: Directory):
        pat, ria = directory.user("pat", externalId="x-p"), directory.user("ria", externalId="x-r")
        take_away(directory, pat, ria)
        assert directory.user("pat", externalId="x-r") == ria
        assert directory.user("ria", externalId="x-p") == pat

    def test_brings_back_who_had_it_last(self, directory: Directory):
        ana, bo = directory.user("ana", externalId="x-1"), directory.user("bo", externalId="x-2")
        take_away(directory, ana)
        directory.patch(f"/Users/{bo}", {"op": "replace", "path": "externalId", "value": "x-1"})
        directory.house.clock.ahead = 60
        take_away(directory, bo)
        assert directory.user("somebody", externalId="x-1") == bo

    def test_of_a_group_that_is_gone_is_free_for_a_person(self, directory: Directory):
        group = directory.group("science", externalId="x-1")
        directory.made("DELETE", f"/Groups/{group}")
        assert directory.user("ana", externalId="x-1") != group

    def test_that_is_missing_is_no_proof_where_there_was_one(self, directory: Directory):
        ana, bo = directory.user("ana", externalId="x-1"), directory.user("bo")
        take_away(directory, ana, bo)
        assert directory.user("ana") != ana
        assert directory.user("bo") == bo


def test_what_the_directory_said_of_groups_ends_and_what_was_given_here_waits(
    directory: Directory,
):
    house = directory.house
    ana = directory.user("ana", externalId="x-1")
    inner = directory.group("inner", ana, externalId="g-1")
    outer = directory.group("outer", inner)
    house.made("admin", Request("PUT", "/estate/v1/groups/local", {"members": ["ana", "inner"]}))
    take_away(directory, ana)
    directory.made("DELETE", f"/Groups/{inner}")
    assert directory.user("ana", externalId="x-1") == ana
    assert directory.group("inner", externalId="g-1") == inner
    assert "members" not in directory.made("GET", f"/Groups/{inner}")
    assert "members" not in directory.made("GET", f"/Groups/{outer}")
    local = house.get("admin", "/estate/v1/groups/local").json()
    assert sorted(local["members"]) == ["ana", "inner"]
