"""A directory pushes its people: in the dialects of Entra and Okta, and it alone owns them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from mlestate.app.upkeep import duties
from mlestate.core.activity import By
from mlestate.identity.provisioning.provisioning import Seen, Wanted
from tests.access.asking import House, Request
from tests.directory.pushing import Directory, pushed
from tests.directory.recorded import VALUES, events_of

DAY = 86400.0
READER = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"


@pytest.fixture
def directory(tmp_path: Path, database_url: str) -> Iterator[Directory]:
    with pushed(tmp_path / "data", database_url) as found:
        yield found


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Directory]:
    with pushed(tmp_path / "data") as found:
        yield found


def token_of(house: House, name: str) -> str:
    """Somebody logs in by a secret that a development estate lets the administrator make."""
    made = house.made("admin", Request("POST", f"/estate/v1/users/{name}/secrets", {"label": "t"}))
    given = made.json()
    return house.estate.identities.log_in(given["clientId"], given["secret"], "test")[0]


def members(directory: Directory, group: str) -> set[str]:
    found = directory.made("GET", f"/Groups/{group}").get("members", [])
    return {each["value"] for each in found}


def put(house: House, path: str, body: Any) -> Any:
    return house.ask("admin", Request("PUT", f"/estate/v1/{path}", body))


class TestDialects:
    def test_entra_adds_and_takes_members_by_paths_and_capitals(self, directory: Directory):
        ana, ben = directory.user("ana"), directory.user("ben")
        group = directory.group("Data Scientists")
        add = {"op": "Add", "path": "members", "value": [{"value": ana}, {"value": ben}]}
        directory.patch(f"/Groups/{group}", add)
        assert members(directory, group) == {ana, ben}
        directory.patch(f"/Groups/{group}", {"op": "Remove", "path": f'members[value eq "{ana}"]'})
        assert members(directory, group) == {ben}
        gone = {"op": "Remove", "path": "members", "value": [{"value": ben}]}
        directory.patch(f"/Groups/{group}", gone)
        assert members(directory, group) == set()

    def test_entra_writes_truth_as_a_text_and_mails_by_a_filter(self, plain: Directory):
        ana = plain.user("ana")
        off = {"op": "Replace", "path": "active", "value": "False"}
        assert plain.patch(f"/Users/{ana}", off)["active"] is False
        mail = {
            "op": "Add",
            "path": 'emails[type eq "work"].value',
            "value": "ana@contoso.example",
        }
        told = plain.patch(f"/Users/{ana}", mail)
        assert told["emails"] == [{"value": "ana@contoso.example", "type": "work"}]
        name = {"op": "Add", "path": "name.familyName", "value": "Souza"}
        department = {
            "op": "Add",
            "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
            "value": "Claims",
        }
        told = plain.patch(f"/Users/{ana}", name, department)
        assert told["name"] == {"familyName": "Souza"}
        assert "Claims" not in str(told)

    def test_okta_sends_an_object_without_a_path(self, plain: Directory):
        ana, group = plain.user("ana"), plain.group("science")
        assert (
            plain.patch(f"/Users/{ana}", {"op": "replace", "value": {"active": False}})["active"]
            is False
        )
        renamed = {"op": "replace", "value": {"id": group, "displayName": "research"}}
        assert plain.patch(f"/Groups/{group}", renamed)["displayName"] == "research"
        whole = {"op": "replace", "path": "members", "value": [{"value": ana, "display": "Ana"}]}
        plain.patch(f"/Groups/{group}", whole)
        assert members(plain, group) == {ana}

    def test_people_are_found_by_filters(self, directory: Directory):
        directory.user("ana@contoso.example", externalId="x-1")
        directory.user("ben", displayName="Ben")
        ana, ben = "ana@contoso.example", "ben"
        for filter, names in (
            ('userName eq "ANA@contoso.example"', [ana]),
            ('externalId eq "x-1"', [ana]),
            ('externalId eq "X-1"', []),
            ('displayName eq "BEN" or userName sw "ana"', [ana, ben]),
            ('active eq true and not (userName eq "ben")', [ana]),
            ('userName co "_"', []),
            ('userName ew "%"', []),
            ('userName eq "o\'brien"', []),
            ("externalId pr", [ana]),
            ("externalId eq null", [ben]),
            ('meta.lastModified gt "2020-01-01T00:00:00Z"', [ana, ben]),
        ):
            asked = directory.made("GET", f"/Users?filter={quote(filter)}")
            assert [each["userName"] for each in asked["Resources"]] == names, filter
            assert asked["totalResults"] == len(names)

    def test_a_change_is_worked_out_anew_where_somebody_else_was_faster(self, plain: Directory):
        ana, ben = plain.user("ana"), plain.user("ben")
        group = plain.group("science")
        provisioning = plain.house.estate.identities.provisioning
        seen_with: list[int] = []

        def edit(seen: Seen) -> Wanted:
            seen_with.append(len(seen.members))
            if len(seen_with) == 1:
                add = {"op": "add", "path": "members", "value": [{"value": ben}]}
                plain.patch(f"/Groups/{group}", add)
            ids = (*(id for id, _ in seen.members), ana)
            return Wanted(seen.own.handle, None, "science", True, {}, ids)

        provisioning.change(By(), "Group", group, edit)
        assert seen_with == [0, 1]
        assert members(plain, group) == {ana, ben}

    def test_groups_are_found_by_their_members(self, directory: Directory):
        ana = directory.user("ana")
        group = directory.group("science", ana)
        directory.group("empty")
        asked = f'id eq "{group}" and members[value eq "{ana}"]'
        with directory.client() as client:
            params = {"filter": asked, "excludedAttributes": "members"}
            found = client.get("Groups", params=params).json()
        assert [each["displayName"] for each in found["Resources"]] == ["science"]
        assert "members" not in found["Resources"][0]

    def test_pages_hold_each_once(self, plain: Directory):
        made = {plain.user(f"user{i}") for i in range(7)}
        seen: list[str] = []
        for start in (1, 4, 7):
            page = plain.made("GET", f"/Users?startIndex={start}&count=3")
            assert page["totalResults"] == 7
            seen += [each["id"] for each in page["Resources"]]
        assert len(seen) == 7
        assert set(seen) == made

    @pytest.mark.parametrize(
        ("method", "path", "body", "status", "kind"),
        [
            ("GET", "/Users?filter=userName%20is%20%22x%22", None, 400, "invalidFilter"),
            ("GET", "/Users?filter=salary%20eq%20%221%22", None, 400, "invalidFilter"),
            ("GET", "/Users?startIndex=one", None, 400, "invalidValue"),
            ("POST", "/Users", {"displayName": "nobody"}, 400, "invalidValue"),
            ("POST", "/Users", {"userName": "x", "active": "maybe"}, 400, "invalidValue"),
            ("POST", "/Users", [], 400, "invalidSyntax"),
            ("POST", "/Users", {"userName": "TAKEN"}, 409, "uniqueness"),
            ("POST", "/Groups", {"displayName": "taken"}, 409, "uniqueness"),
            ("GET", "/Users/none", None, 404, None),
            ("PATCH", "/Users/{id}", {"Operations": []}, 400, "invalidSyntax"),
            (
                "PATCH",
                "/Users/{id}",
                {"Operations": [{"op": "replace", "path": "salary", "value": 1}]},
                400,
                "invalidPath",
            ),
            (
                "PATCH",
                "/Users/{id}",
                {"Operations": [{"op": "replace", "path": "groups", "value": []}]},
                400,
                "mutability",
            ),
        ],
    )
    def test_what_is_wrong_is_said_in_scims_words(
        self, plain: Directory, method: str, path: str, body: Any, status: int, kind: str | None
    ):
        taken = plain.user("taken")
        answer = plain.ask(method, path.replace("{id}", taken), body)
        told = answer.json()
        assert told["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert (answer.status, told["status"], told.get("scimType")) == (status, str(status), kind)
        assert answer.headers["content-type"] == "application/scim+json"

    def test_all_faults_of_a_person_are_said_at_once(self, plain: Directory):
        told = plain.ask("POST", "/Users", {"active": 3, "emails": {}, "name": "Ana"}).json()
        for word in ("userName", "active", "emails", "name"):
            assert f"`{word}`" in told["detail"]


class TestOwnership:
    def test_names_are_made_fit_for_addresses_and_kept_as_they_came(self, plain: Directory):
        plain.group("Data Scientists (EU)")
        found = plain.house.get("admin", "/estate/v1/groups/Data-Scientists-EU").json()
        assert found["displayName"] == "Data Scientists (EU)"
        assert found["managedBy"] == "scim"

    def test_what_it_owns_nobody_changes_here(self, plain: Directory):
        plain.group("science", plain.user("ana"))
        house = plain.house
        for path, body in (
            ("users/ana", {"enabled": False}),
            ("users/ana", {"displayName": "Somebody"}),
            ("groups/science", {"members": []}),
        ):
            refused = put(house, path, body)
            assert (refused.status, refused.code) == (409, "OwnedByDirectory")
        removal = house.ask("admin", Request("DELETE", "/estate/v1/users/ana"))
        assert (removal.status, "(SCIM): delete it there" in removal.text) == (409, True)
        password = put(house, "users/ana/password", {"password": "correct horse battery"})
        assert password.code == "OwnedByDirectory"
        # What changes nothing is no change.
        assert put(house, "groups/science", {"members": ["ana"]}).status == 200
        house.made("admin", Request("POST", "/estate/v1/groups/science/release", {}))
        assert put(house, "groups/science", {"members": []}).status == 200

    def test_it_takes_over_what_is_only_named(self, plain: Directory):
        house = plain.house
        declared = put(house, "users/ana", {"displayName": "Ana"}).json()["objectId"]
        group = put(house, "groups/science", {}).json()["objectId"]
        assert plain.user("ana") == declared
        assert plain.group("science", declared) == group

    def test_it_takes_over_nobody_with_a_way_in_of_their_own(self, plain: Directory):
        house = plain.house
        house.person("ana")
        put(house, "users/ben", {})
        put(house, "groups/science", {"members": ["ben"]})
        for path, body in (
            ("/Users", {"userName": "ana"}),
            ("/Users", {"userName": "admin"}),
            ("/Groups", {"displayName": "science"}),
            ("/Groups", {"displayName": "ben"}),
        ):
            refused = plain.ask("POST", path, body)
            assert refused.status == 409
            assert "another owner" in refused.json()["detail"]

    def test_local_people_are_not_seen_and_not_put_into_its_groups(self, plain: Directory):
        local = put(plain.house, "users/ben", {}).json()["objectId"]
        assert plain.made("GET", "/Users")["totalResults"] == 0
        assert plain.ask("GET", f"/Users/{local}").status == 404
        refused = plain.ask("POST", "/Groups", {"displayName": "g", "members": [{"value": local}]})
        assert refused.json()["scimType"] == "invalidValue"

    def test_its_groups_make_no_ring(self, plain: Directory):
        inner = plain.group("inner")
        outer = plain.group("outer", inner)
        for member, words in ((outer, "take it out there first"), (inner, "a member of itself")):
            add = {"op": "add", "path": "members", "value": [{"value": member}]}
            refused = plain.ask("PATCH", f"/Groups/{inner}", {"Operations": [add]})
            assert (refused.status, refused.json()["scimType"]) == (400, "invalidValue")
            assert words in refused.json()["detail"]


class TestLeaving:
    def test_access_ends_at_the_next_request(self, directory: Directory):
        house = directory.house
        ana = directory.user("ana")
        inner = directory.group("inner", ana)
        directory.group("outer", inner)
        token = token_of(house, "ana")
        assert house.get(token, "/estate/v1/me").json()["groups"] == ["inner", "outer"]
        directory.patch(f"/Groups/{inner}", {"op": "remove", "path": f'members[value eq "{ana}"]'})
        assert house.get(token, "/estate/v1/me").json()["groups"] == []
        directory.patch(f"/Users/{ana}", {"op": "replace", "value": {"active": False}})
        assert house.get(token, "/estate/v1/me").status == 401
        directory.patch(f"/Users/{ana}", {"op": "replace", "value": {"active": True}})
        assert house.get(token, "/estate/v1/me").status == 200
        directory.made("DELETE", f"/Users/{ana}")
        assert house.get(token, "/estate/v1/me").status == 401
        assert directory.ask("GET", f"/Users/{ana}").status == 404

    def test_who_comes_back_is_who_they_were_and_a_namesake_is_not(self, plain: Directory):
        ana = plain.user("ana", externalId="x-1")
        plain.made("DELETE", f"/Users/{ana}")
        assert plain.user("ana.souza", externalId="x-1") == ana
        plain.made("DELETE", f"/Users/{ana}")
        other = plain.user("ana.souza", externalId="x-2")
        assert other != ana
        assert plain.made("GET", "/Users")["totalResults"] == 1

    def test_after_some_weeks_nothing_is_left(self, plain: Directory):
        house = plain.house
        ana, group = plain.user("ana"), plain.group("science")
        subscription = "/subscriptions/00000000-0000-0000-0000-00000000000a"
        house.made("admin", Request("PUT", subscription, {"displayName": "s"}))
        for number, principal in enumerate((ana, group)):
            name = f"00000000-0000-0000-0000-00000000000{number}"
            path = f"{subscription}/providers/Microsoft.Authorization/roleAssignments/{name}"
            given = {"roleDefinitionId": READER, "principalId": principal}
            house.made(
                "admin", Request("PUT", f"{path}?api-version=2022-04-01", {"properties": given})
            )
        plain.made("DELETE", f"/Users/{ana}")
        plain.made("DELETE", f"/Groups/{group}")
        [leave] = [each for each in duties(house.estate, lambda: None) if "guests" in each.name]
        house.clock.ahead = 29 * DAY
        assert leave.do() == 0
        house.clock.ahead = 31 * DAY
        assert leave.do() == 2
        house.log_in()
        for kind in ("users", "groups"):
            assert house.get("admin", f"/estate/v1/{kind}").json()["value"] == []
        listed = f"{subscription}/providers/Microsoft.Authorization/roleAssignments"
        found = house.get("admin", f"{listed}?api-version=2022-04-01").json()["value"]
        assert not [each for each in found if each["properties"]["principalId"] in (ana, group)]


class TestTokens:
    def test_a_token_opens_scim_alone_and_ends_when_it_is_revoked(self, plain: Directory):
        house = plain.house
        assert plain.ask("GET", "/Users").status == 200
        assert house.get(plain.token, "/estate/v1/users").status == 401
        assert house.get("", "/scim/v2/Users").status == 401
        house.made("admin", Request("DELETE", "/estate/v1/provisioningTokens/entra"))
        refused = plain.ask("GET", "/Users")
        assert refused.status == 401
        assert "was revoked" in refused.json()["detail"]
        assert plain.token not in refused.text

    def test_it_is_shown_once_and_kept_as_a_hash(self, plain: Directory):
        listed = plain.house.get("admin", "/estate/v1/provisioningTokens")
        assert [each["label"] for each in listed.json()["value"]] == ["entra"]
        assert plain.token not in listed.text
        kept = (plain.house.estate.data / "estate.db").read_bytes()
        assert plain.token.encode() not in kept

    def test_who_may_not_change_the_directory_may_not_by_scim(self, plain: Directory):
        house = plain.house
        house.person("ana")
        for method, path in (("GET", "/Users"), ("POST", "/Users"), ("GET", "/Schemas")):
            refused = house.ask("ana", Request(method, f"/scim/v2{path}", {"userName": "x"}))
            assert refused.status == 403

    def test_guesses_are_slowed_and_the_directory_is_not(self, plain: Directory):
        for _ in range(10):
            assert plain.house.get("mles_wrong", "/scim/v2/Users").status == 401
        assert plain.house.get("mles_wrong", "/scim/v2/Users").status == 429
        assert plain.ask("GET", "/Users").status == 200


class TestTheRecord:
    def test_it_says_which_directory_did_what_and_from_where(self, plain: Directory):
        ana = plain.user("ana")
        group = plain.group("claims", ana)
        [made] = events_of(plain.house, "groups/claims")
        assert made["caller"] == "scim/entra"
        assert made["properties"]["principalType"] == "Directory"
        assert (made["properties"]["via"], made["properties"]["added"]) == ("SCIM", "ana")
        assert made["httpRequest"]["method"] == "POST"
        assert made["httpRequest"]["clientIpAddress"] == "127.0.0.1"
        assert made["subStatus"]["value"] == "Created"
        plain.patch(f"/Groups/{group}", {"op": "Remove", "path": "members"})
        assert events_of(plain.house, "groups/claims")[-1]["properties"]["removed"] == "ana"
        plain.made("DELETE", f"/Users/{ana}")
        first, last = events_of(plain.house, "users/ana")
        assert (first["subStatus"]["value"], last["subStatus"]["value"]) == ("Created", "NoContent")
        assert plain.token not in str([made, first, last])

    def test_it_says_who_made_and_revoked_a_directorys_token(self, plain: Directory):
        revoked = Request("DELETE", "/estate/v1/provisioningTokens/entra")
        plain.house.made("admin", revoked)
        found = events_of(plain.house, "provisioningTokens/entra")
        said = [(each["caller"], each["operationName"]["value"]) for each in found]
        action = "mlestate.Identity/provisioningTokens"
        assert said == [("admin", f"{action}/write"), ("admin", f"{action}/delete")]
        assert [each["httpRequest"]["method"] for each in found] == ["POST", "DELETE"]

    def test_what_a_directory_is_refused_is_in_it(self, plain: Directory):
        plain.house.person("rea")
        asked = Request("GET", "/scim/v2/Users")
        assert plain.house.ask("rea", asked).status == 403
        plain.house.estate.journals.flush()
        found = plain.house.made("admin", Request("GET", VALUES)).json()["value"]
        [denied] = [each for each in found if each["status"]["value"] == "Failed"]
        assert denied["caller"] == "rea"
        assert denied["operationName"]["value"] == "mlestate.Identity/users/read"
