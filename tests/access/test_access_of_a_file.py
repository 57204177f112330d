"""A file's assignments, denials and groups in groups, applied and asked as anyone else does it."""

from __future__ import annotations

from pathlib import Path

from tests.access.asking import House, Request
from tests.access.test_guests_of_a_file import applied
from tests.unit.estate.test_given import MG, SUBSCRIPTION, given

ML = "providers/Microsoft.MachineLearningServices/workspaces"
PROD = f"{SUBSCRIPTION}/resourceGroups/rg-fraud-prod"
CLUSTER = f"{PROD}/{ML}/mlw-fraud-prod/computes/cpu"


def _secret(house: House, name: str) -> None:
    made = house.made("admin", Request("POST", f"/estate/v1/users/{name}/secrets", {"label": "t"}))
    said = made.json()
    from mlestate.identity import bootstrap

    login = bootstrap.TokenFile(said["clientId"], said["secret"], said["tenant"])
    house.tokens[name] = house._token(login)


def test_what_a_file_gives_and_denies_holds_until_it_says_otherwise(tmp_path: Path):
    house = House(tmp_path)
    try:
        inside = ("ana: {name: Ana, groups: [science]}", "ana: {name: Ana, groups: [auditors]}")
        applied(house, given(inside))
        _secret(house, "ana")
        assert house.get("ana", MG).status == 200
        body = {"location": "westeurope", "properties": {"computeType": "AmlCompute"}}
        # A contributor there, by the file; and denied it by the file all the same.
        refused = house.ask("ana", Request("PUT", CLUSTER, body))
        assert refused.code == "DenyAssignmentAuthorizationFailed"
        assert "no-clusters" in refused.text
        # Those who are left out of it are so through a group in a group.
        nested = ("auditors: {name: Auditors}", "auditors: {name: Auditors, groups: [science]}")
        applied(house, given(inside, nested))
        assert house.ask("ana", Request("PUT", CLUSTER, body)).code != refused.code
    finally:
        house.close()
