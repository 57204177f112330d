"""People log in by a real provider of OpenID Connect, through its own pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mlestate.core.activity import Asked
from mlestate.core.errors import Unauthenticated
from tests.access.asking import Request
from tests.directory.pushing import Directory
from tests.directory.recorded import events_of
from tests.directory.signing_in import (
    CALLBACK,
    ORIGIN,
    PROVIDER,
    SCOPE,
    Site,
    alert,
    claims,
    estate,
)
from tests.provider_server import SECRET, Provider, onward, provider

PASSWORD = "correct horse battery"
Open = Callable[..., Site]


@pytest.fixture
def opened(tmp_path: Path, contoso: Provider) -> Iterator[Open]:
    with ExitStack() as stack:
        yield lambda **said: stack.enter_context(estate(tmp_path, contoso, **said))


def name_of(site: Site, token: str) -> str:
    return str(site.me(token).json()["name"])


class TestWhoComes:
    def test_somebody_new_is_made_at_the_first_login_and_known_at_the_next(
        self, opened: Open, contoso: Provider
    ):
        site = opened(create=True)
        first = site.tokens("u-ana")
        assert name_of(site, first["access_token"]) == "ana@contoso.example"
        assert claims(first["id_token"])["oid"] == claims(first["access_token"])["oid"]
        # Who it is does not hang on a name that the provider may give to another.
        contoso.people["u-ana"]["preferred_username"] = "ana.souza@contoso.example"
        contoso.tell()
        try:
            again = site.tokens("u-ana")
        finally:
            contoso.people["u-ana"]["preferred_username"] = "ana@contoso.example"
            contoso.tell()
        assert claims(again["access_token"])["oid"] == claims(first["access_token"])["oid"]

    def test_who_is_not_known_here_stays_out_and_learns_why(self, opened: Open):
        site = opened()
        page = site.come("u-ana")
        assert page.status_code == 400
        assert "Contoso knows you as `ana@contoso.example`, this estate does not" in alert(page)
        users = site.house.get("admin", "/estate/v1/users").json()["value"]
        assert users == []

    def test_a_name_that_a_file_declared_is_linked_only_where_the_settings_say_so(
        self, opened: Open
    ):
        site = opened(link=("username",))
        declared = site.put("users/ana@contoso.example", {"displayName": "Ana"})
        assert claims(site.tokens("u-ana")["access_token"])["oid"] == declared["objectId"]

    def test_without_that_the_name_is_taken_by_somebody_else(self, opened: Open):
        site = opened(create=True)
        site.put("users/ana@contoso.example", {})
        assert "is somebody else here already" in alert(site.come("u-ana"))

    def test_nobody_becomes_a_local_user_by_a_name(self, opened: Open):
        site = opened(link=("username",), create=True)
        site.put("users/ana@contoso.example", {})
        password = {"password": PASSWORD}
        site.house.made(
            "admin",
            Request("PUT", "/estate/v1/users/ana@contoso.example/password", password),
        )
        assert "in a way of their own" in alert(site.come("u-ana"))

    def test_an_address_that_the_provider_did_not_verify_links_nobody(self, opened: Open):
        site = opened(link=("email",))
        site.put("users/admin@contoso.example", {})
        site.put("users/ana@contoso.example", {})
        assert "this estate does not" in alert(site.come("u-mal"))
        assert name_of(site, site.tokens("u-ana")["access_token"]) == "ana@contoso.example"

    @pytest.mark.parametrize("name", ["ana@mlestate.local", "adm\u0131n", "me"])
    def test_nobody_is_made_who_would_be_taken_for_somebody_else(self, opened: Open, name: str):
        site = opened(create=True, link=("username",))
        site.put("users/ana", {})
        logins = site.house.estate.identities.provider
        assert logins is not None
        with pytest.raises(Unauthenticated, match="ask an administrator"):
            logins._people.person("u-x", {"preferred_username": name})
        users = site.house.get("admin", "/estate/v1/users").json()["value"]
        assert [user["name"] for user in users] == ["ana"]

    def test_two_accounts_of_the_provider_are_never_one_person(
        self, opened: Open, contoso: Provider
    ):
        site = opened(link=("username",))
        site.put("users/ana@contoso.example", {})
        site.tokens("u-ana")
        contoso.people["u-mal"]["preferred_username"] = "ana@contoso.example"
        contoso.tell()
        try:
            page = site.come("u-mal")
        finally:
            contoso.people["u-mal"]["preferred_username"] = "mal@contoso.example"
            contoso.tell()
        assert "linked to another account" in alert(page)

    def test_whom_the_directory_took_away_is_linked_to_nobody(self, opened: Open):
        site = opened(link=("username",), create=True)
        directory = Directory(site.house)
        gone = directory.user("ana@contoso.example", externalId="another")
        directory.made("DELETE", f"/Users/{gone}")
        assert "was taken away" in alert(site.come("u-ana"))
        back = directory.user("ana@contoso.example", externalId="another")
        assert back == gone
        assert claims(site.tokens("u-ana")["access_token"])["oid"] == gone

    def test_whom_scim_made_is_found_by_the_directorys_own_word(self, opened: Open):
        site = opened()
        pushed = Directory(site.house).user("ana.s", externalId="u-ana")
        assert claims(site.tokens("u-ana")["access_token"])["oid"] == pushed

    def test_who_is_disabled_is_refused_at_the_next_request_and_login(self, opened: Open):
        site = opened(create=True)
        tokens = site.tokens("u-ana")
        site.put("users/ana@contoso.example", {"enabled": False})
        assert site.me(tokens["access_token"]).status == 401
        refresh = {"grant_type": "refresh_token", "client_id": "a client"}
        refused = site.form("token", **refresh, refresh_token=tokens["refresh_token"])
        assert refused.status == 400
        assert "is disabled here" in alert(site.come("u-ana"))

    def test_a_session_lasts_for_the_hours_of_the_settings(self, opened: Open):
        site = opened(create=True, hours=2)
        tokens = site.tokens("u-ana")
        site.house.clock.ahead = 2 * 3600 + 1
        refresh = {"grant_type": "refresh_token", "client_id": "a client"}
        refused = site.form("token", **refresh, refresh_token=tokens["refresh_token"])
        assert "The session has ended" in refused.text


class TestGroups:
    def test_groups_are_those_of_the_last_login(self, opened: Open, contoso: Provider):
        site = opened(create=True, groups="groups", group_names={"g-2": "release"})
        for name in ("science", "release", "other"):
            site.put(f"groups/{name}", {})
        token = site.tokens("u-ana")["access_token"]
        assert site.me(token).json()["groups"] == ["release", "science"]
        contoso.people["u-ana"]["groups"] = ["other", "not one of ours"]
        contoso.tell()
        try:
            site.tokens("u-ana")
        finally:
            contoso.people["u-ana"]["groups"] = ["science", "g-2"]
            contoso.tell()
        # The first login's token too: it is the person who is in them.
        assert site.me(token).json()["groups"] == ["other"]

    def test_a_group_that_has_members_here_stays_as_it_is(self, opened: Open):
        site = opened(create=True, groups="groups")
        site.put("users/bo", {})
        site.put("groups/science", {"members": ["bo"]})
        token = site.tokens("u-ana")["access_token"]
        assert site.me(token).json()["groups"] == []
        assert "managedBy" not in site.house.get("admin", "/estate/v1/groups/science").json()

    def test_whoever_changes_the_members_of_the_providers_group_is_told_whose_it_is(
        self, opened: Open
    ):
        site = opened(create=True, groups="groups")
        site.put("groups/science", {})
        site.tokens("u-ana")
        refused = site.house.ask(
            "admin", Request("PUT", "/estate/v1/groups/science", {"members": []})
        )
        assert (refused.status, refused.code) == (409, "OwnedByDirectory")
        assert "the login provider's groups" in refused.text

    @pytest.mark.parametrize(
        "said",
        [{"hasgroups": True}, {"_claim_names": {"groups": "src1"}, "groups": None}],
    )
    def test_more_groups_than_a_token_holds_are_refused_and_not_taken_for_none(
        self, opened: Open, said: dict[str, Any]
    ):
        site = opened(create=True, groups="groups")
        logins = site.house.estate.identities.provider
        assert logins is not None
        with pytest.raises(Unauthenticated, match="more groups than Contoso puts into a token"):
            logins._people.person("u-new", {"preferred_username": "new", **said})


class TestTheWay:
    def test_the_pages_say_where_they_lead(self, opened: Open, contoso: Provider):
        site = opened(passwords=False)
        browser = site.browser()
        page = site.page(browser)
        assert "Continue with Contoso" in page.text
        assert ">A personal secret<" in page.text
        lead = browser.send(page, PROVIDER)
        assert "Go on to Contoso" in lead.text
        asked = parse_qs(urlsplit(onward(lead)).query)
        assert onward(lead).startswith(contoso.issuer)
        assert asked["code_challenge_method"] == ["S256"]
        assert {"state", "nonce", "code_challenge"} <= asked.keys()
        assert asked["redirect_uri"] == [CALLBACK]

    def test_a_device_is_approved_by_the_provider(self, opened: Open):
        site = opened(create=True)
        started = site.form("devicecode", client_id="a client", scope=SCOPE).json()
        browser = site.browser()
        page = browser.get(started["verification_uri"])
        theirs = browser.submit(page, PROVIDER, user_code=started["user_code"])
        done = browser.log_in(theirs, "u-ana")
        assert "a client may now act in your name" in done.text
        form = {"grant_type": "device_code", "client_id": "a client"}
        given = site.form("token", **form, device_code=started["device_code"]).json()
        assert name_of(site, given["access_token"]) == "ana@contoso.example"

    def test_a_device_without_a_code_goes_nowhere(self, opened: Open):
        site = opened()
        browser = site.browser()
        page = browser.submit(browser.get(f"{ORIGIN}/adfs/oauth2/deviceauth"), PROVIDER)
        assert "Enter the code" in alert(page)

    def test_an_answer_is_good_once_and_in_the_browser_that_asked(self, opened: Open):
        site = opened(create=True)
        browser = site.browser()
        theirs = browser.submit(site.page(browser), PROVIDER)
        page = browser.submit(theirs, login="u-ana", password="x")
        form = re.search(r'action="([^"]+)"', page.text)
        assert form is not None
        agreed = browser.http.post(form[1], data={"prompt": "consent"})
        while CALLBACK not in (where := agreed.headers["location"]):
            agreed = browser.http.get(where)
        thief = site.browser().http.get(where)
        assert "begun elsewhere" in thief.text
        # It was spent by that.
        assert "begun elsewhere" in browser.http.get(where).text

    @pytest.mark.parametrize("query", ["", "state=x&code=y", "state=&error=access_denied"])
    def test_what_belongs_to_no_login_leads_nowhere(self, opened: Open, query: str):
        site = opened()
        answer = site.browser().http.get(f"{CALLBACK}?{query}")
        assert answer.status_code == 400
        assert "begin it anew" in answer.text

    def test_who_changes_their_mind_is_back_at_the_login(self, opened: Open):
        site = opened()
        browser = site.browser()
        theirs = browser.submit(site.page(browser), PROVIDER)
        cancel = re.search(r'href="([^"]+/abort)"', theirs.text)
        assert cancel is not None
        page = browser.get(cancel[1])
        assert "Contoso refused the login: access_denied" in alert(page)
        assert "Continue with Contoso" in page.text

    def test_an_answer_of_another_provider_is_not_taken(self, opened: Open):
        site = opened(create=True)
        browser = site.browser()
        lead = browser.send(site.page(browser), PROVIDER)
        state = parse_qs(urlsplit(onward(lead)).query)["state"][0]
        page = browser.http.get(f"{CALLBACK}?state={state}&code=x&iss=https://evil.example")
        assert alert(page) == "The answer is from another provider."

    def test_what_nobody_began_is_no_failed_login_and_keeps_nobody_out(self, opened: Open):
        site = opened(create=True)
        stranger = site.browser()
        for _ in range(11):
            page = stranger.http.get(f"{CALLBACK}?state=x&code=y")
            assert "begin it anew" in page.text
        assert site.tokens("u-ana")

    def test_a_browser_that_fails_again_and_again_has_to_wait_and_others_have_not(
        self, opened: Open
    ):
        site = opened(create=True)
        browser = site.browser()
        for _ in range(11):
            lead = browser.send(site.page(browser), PROVIDER)
            state = parse_qs(urlsplit(onward(lead)).query)["state"][0]
            page = browser.http.get(f"{CALLBACK}?state={state}&error=access_denied")
        assert "Too many failed logins" in page.text
        assert site.tokens("u-ana")

    def test_closed_passwords_open_nothing_and_a_token_file_does(self, opened: Open):
        site = opened(passwords=False)
        site.put("users/bo", {})
        answer = site.house.ask(
            "admin", Request("PUT", "/estate/v1/users/bo/password", {"password": PASSWORD})
        )
        assert (answer.status, "Passwords are closed" in answer.text) == (409, True)
        assert site.house.get("admin", "/estate/v1/me").status == 200


class TestTheEnd:
    def test_the_record_says_who_came_by_the_provider_and_into_which_group(self, opened: Open):
        site = opened(create=True, groups="groups")
        site.house.made("admin", Request("PUT", "/estate/v1/groups/claims", {}))
        logins = site.house.estate.identities.provider
        assert logins is not None
        said = {"preferred_username": "ida", "groups": ["claims"]}
        person = logins._people.person("u-ida", said, Asked(method="GET", address="192.0.2.7"))
        logins._people.person("u-ida", {**said, "groups": []})
        [made] = events_of(site.house, "users/ida")
        assert made["caller"] == "ida"
        assert made["properties"]["via"] == "Contoso"
        assert made["httpRequest"]["clientIpAddress"] == "192.0.2.7"
        _, joined, left = events_of(site.house, "groups/claims")
        assert (joined["caller"], joined["properties"]["added"]) == (person.name, "ida")
        assert left["properties"]["removed"] == "ida"

    def test_a_logout_ends_the_session_and_leads_to_the_providers(
        self, opened: Open, contoso: Provider
    ):
        site = opened(create=True)
        tokens = site.tokens("u-ana")
        hint = tokens["id_token"]
        page = site.browser().get(f"{ORIGIN}/adfs/oauth2/v2.0/logout?id_token_hint={hint}")
        assert f'href="{contoso.issuer}/session/end?client_id=mlestate"' in page.text
        assert site.me(tokens["access_token"]).status == 401

    def test_a_refresh_token_can_be_given_back(self, opened: Open):
        site = opened(create=True)
        tokens = site.tokens("u-ana")
        assert site.form("v2.0/revoke", token=tokens["refresh_token"]).status == 200
        assert site.form("v2.0/revoke", token="never was one").status == 200
        assert site.me(tokens["access_token"]).status == 401


def test_keys_rotate_and_a_provider_that_is_away_is_said(tmp_path: Path):
    with provider(tmp_path, CALLBACK) as found, estate(tmp_path, found, create=True) as site:
        site.tokens("u-ana")
        found.stop()
        found.start()
        site.house.clock.ahead = 11
        site.tokens("u-ana")
        found.stop()
        site.house.clock.ahead = 3601
        browser = site.browser()
        page = browser.submit(site.page(browser), PROVIDER)
        assert "Contoso does not answer" in alert(page)
        found.start()
        site.house.clock.ahead += 6
        assert name_of(site, site.tokens("u-ana")["access_token"]) == "ana@contoso.example"


def test_a_wrong_secret_is_the_administrators_to_mend_and_is_not_told(
    tmp_path: Path, contoso: Provider, capfd: pytest.CaptureFixture[str]
):
    with estate(tmp_path, contoso, create=True) as site:
        logins = site.house.estate.identities.provider
        assert logins is not None
        logins._secret = "not the secret"
        page = site.come("u-ana")
    assert "it does not know this estate, or its secret" in alert(page)
    said = page.text + "".join(capfd.readouterr())
    assert "not the secret" not in said
    assert SECRET not in said
