"""What people that a directory pushes are called here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlestate.store import principals, provisioned
from tests.access.asking import Request
from tests.directory.pushing import Directory, pushed


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Directory]:
    with pushed(tmp_path / "data") as found:
        yield found


@pytest.mark.parametrize(
    "name", ["ana@mlestate.local", "\u0430dmin", "adm\u0131n", "adm\u0131n@mlestate.local"]
)
def test_nobody_is_made_who_would_be_taken_for_somebody_else(directory: Directory, name: str):
    directory.house.made("admin", Request("PUT", "/estate/v1/users/ana", {}))
    for path, said in (("/Users", {"userName": name}), ("/Groups", {"displayName": name})):
        refused = directory.ask("POST", path, said)
        assert (refused.status, refused.json()["scimType"]) == (400, "invalidValue")
        assert "cannot be a name here" in refused.json()["detail"]
    known = directory.user("bo")
    rename = {"Operations": [{"op": "replace", "path": "userName", "value": name}]}
    assert directory.ask("PATCH", f"/Users/{known}", rename).status == 400


@pytest.mark.parametrize("name", ["me", "Admin", "agent-westeurope", "agent-northeurope"])
def test_names_of_the_server_have_another_owner(directory: Directory, name: str):
    refused = directory.ask("POST", "/Users", {"userName": name})
    assert (refused.status, refused.json()["scimType"]) == (409, "uniqueness")
    assert "another owner" in refused.json()["detail"]


def test_who_is_called_so_already_is_disabled_all_the_same(directory: Directory):
    ana, name = directory.user("ana"), "ana@mlestate.local"
    database = directory.house.estate.identities.provisioning._database
    with database.write() as connection:
        one, own = principals.by_id(connection, ana), provisioned.of(connection, ana)
        assert one is not None
        assert own is not None
        principals.change(connection, ana, name, one.display_name, True)
        provisioned.put(connection, type(own)(ana, "scim", name, None, {}, 1.0, 1.0))
    said = directory.patch(f"/Users/{ana}", {"op": "replace", "value": {"active": False}})
    assert (said["userName"], said["active"]) == (name, False)
