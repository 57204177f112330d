"""Microsoft Graph: who sees whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.access.asking import Answer, House, Request

ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
GRANTS = "/providers/Microsoft.Authorization/roleAssignments"


class Town(House):
    """Rae reads the whole estate; una gives roles in one subscription; bo does neither, and is in
    a group that is in another one."""

    ids: dict[str, str]

    def build(self) -> Town:
        self.ids = {name: self.person(name) for name in ("rae", "una", "bo", "zoe@example.org")}
        self.made("admin", Request("PUT", SUBSCRIPTION, {}))
        self.grant("", READER, "rae", 1)
        self.grant(SUBSCRIPTION, ADMINISTRATOR, "una", 2)
        for name, members in (("inner", ["bo"]), ("outer", ["inner"]), ("others", ["una"])):
            body = {"displayName": f"The {name}", "members": members}
            made = self.made("admin", Request("PUT", f"/estate/v1/groups/{name}", body))
            self.ids[name] = made.json()["objectId"]
        made = self.made("admin", Request("PUT", "/estate/v1/servicePrincipals/robot", {}))
        self.ids["robot"] = made.json()["objectId"]
        self.robot = made.json()["clientId"]
        return self

    def grant(self, scope: str, role: str, who: str, number: int) -> None:
        definition = f"/providers/Microsoft.Authorization/roleDefinitions/{role}"
        said = {"roleDefinitionId": definition, "principalId": self.ids[who]}
        id = f"{scope}{GRANTS}/{number:08}-0000-0000-0000-000000000000"
        self.made("admin", Request("PUT", id, {"properties": said}))

    def names(self, who: str, target: str) -> list[str]:
        found = self.made(who, Request("GET", f"/v1.0/{target}")).json()["value"]
        return [one.get("userPrincipalName") or one["displayName"] for one in found]

    def by_ids(self, who: str, *names: str) -> set[str]:
        body = {"ids": [self.ids[name] for name in names]}
        answer = self.made(who, Request("POST", "/v1.0/directoryObjects/getByIds", body))
        known = {id: name for name, id in self.ids.items()}
        return {known[one["id"]] for one in answer.json()["value"]}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("town")
    house = Town(folder)
    try:
        yield house.build()
    finally:
        house.close()


def test_whoever_reads_the_directory_finds_people_by_filter(town: Town):
    assert town.names("rae", "users") == [
        "bo@mlestate.local",
        "rae@mlestate.local",
        "una@mlestate.local",
        "zoe@example.org",
    ]
    assert town.names("rae", "users?$filter=startswith(displayName,'B')") == ["bo@mlestate.local"]
    for name in ("bo@mlestate.local", "BO", "bo"):
        found = town.names("rae", f"users?$filter=userPrincipalName eq '{name}'")
        assert found == ["bo@mlestate.local"]
    assert town.names("rae", "users?$filter=userPrincipalName eq 'zoe@mlestate.local'") == []
    assert town.names("rae", "groups?$filter=displayName eq 'the INNER'") == ["The inner"]
    asked = "servicePrincipals?$filter=servicePrincipalNames/any(c:c eq '{}')"
    assert town.names("rae", asked.format("robot")) == ["robot"]
    assert town.names("rae", asked.format(town.robot)) == ["robot"]
    assert town.names("rae", asked.format("bo")) == []
    wrong = town.get("rae", "/v1.0/users?$filter=city eq 'x'")
    assert (wrong.status, wrong.code) == (400, "InvalidFilterInQueryString")


def test_pages_of_people_hold_everybody_once(town: Town):
    found: list[str] = []
    target = "/v1.0/users?$top=3&$select=id"
    while target:
        page = town.made("rae", Request("GET", target)).json()
        assert all(set(one) == {"id"} for one in page["value"])
        found += [one["id"] for one in page["value"]]
        target = page.get("@odata.nextLink", "").partition("localhost:8443")[2]
    assert len(found) == len(set(found)) == 4


def test_whoever_gives_roles_looks_up_one_and_lists_none(town: Town):
    assert town.names("una", "users?$filter=userPrincipalName eq 'bo@mlestate.local'") == [
        "bo@mlestate.local"
    ]
    assert town.names("una", f"users?$filter=id eq '{town.ids['bo']}'") == ["bo@mlestate.local"]
    assert town.get("una", f"/v1.0/groups/{town.ids['inner']}").status == 200
    for asked in ("displayName eq 'the INNER'", "mailNickname eq 'inner'"):
        assert town.names("una", f"groups?$filter={asked}") == ["The inner"]
    assert town.names("una", "groups?$filter=displayName eq 'nobody'") == []
    assert town.get("una", "/v1.0/users/nobody@mlestate.local").code == "Request_ResourceNotFound"
    assert town.by_ids("una", "bo", "inner", "robot") == {"bo", "inner", "robot"}
    for target in (
        "users",
        "groups",
        "users?$filter=startswith(userPrincipalName,'b')",
        "users?$filter=userPrincipalName eq 'bo' or accountEnabled eq true",
        "users?$filter=not (userPrincipalName eq 'bo')",
        f"groups/{town.ids['inner']}/members",
        "groups?$filter=startswith(displayName,'The inner')",
        "groups?$filter=displayName ne 'The inner'",
        "groups?$filter=displayName ge 'The inner'",
        "groups?$filter=displayName eq 'The inner' or mailNickname eq 'outer'",
        "groups?$filter=not (displayName eq 'The inner')",
        "users?$filter=displayName eq 'bo'",
        "users?$filter=mailNickname eq 'bo'",
        "servicePrincipals?$filter=displayName eq 'robot'",
    ):
        assert town.get("una", f"/v1.0/{target}").status == 403, target


def test_all_others_see_themselves_and_their_groups(town: Town):
    me = town.made("bo", Request("GET", "/v1.0/me")).json()
    assert (me["id"], me["userPrincipalName"]) == (town.ids["bo"], "bo@mlestate.local")
    assert town.by_ids("bo", *town.ids) == {"bo", "inner", "outer"}
    groups = Request("POST", "/v1.0/me/getMemberGroups", {"securityEnabledOnly": False})
    assert set(town.made("bo", groups).json()["value"]) == {town.ids["inner"], town.ids["outer"]}
    for target in (
        f"users/{town.ids['una']}",
        "users/una@mlestate.local",
        "users/nobody@mlestate.local",
        f"groups/{town.ids['others']}",
        "users?$filter=userPrincipalName eq 'una'",
    ):
        assert (found := town.get("bo", f"/v1.0/{target}")).status == 403, target
        assert "users/read" in found.text or "groups/read" in found.text
    check = f"/v1.0/directoryObjects/{town.ids['bo']}/checkMemberGroups"
    body = {"groupIds": [town.ids["outer"], town.ids["others"]]}
    assert town.made("bo", Request("POST", check, body)).json()["value"] == [town.ids["outer"]]
    other = check.replace(town.ids["bo"], town.ids["una"])
    assert town.ask("bo", Request("POST", other, body)).status == 403


def test_the_directory_is_not_changed_here(town: Town):
    for method in ("POST", "PATCH", "DELETE", "PUT"):
        answer = town.ask("admin", Request(method, f"/v1.0/users/{town.ids['bo']}", {}))
        assert answer.status == 405
        assert "in the estate's file" in answer.text
    assert town.ask("", Request("DELETE", "/v1.0/users/bo")).status == 401
    assert _code(town.get("admin", "/v1.0/me")) == (400, "BadRequest")


def _code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.code
