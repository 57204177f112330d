from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from starlette.testclient import TestClient

from mlestate.api.login.csrf import COOKIE
from mlestate.api.login.remembered import COOKIE as REMEMBERED
from mlestate.core.errors import Unauthenticated
from mlestate.identity.sessions import pkce_challenge
from tests.identity_house import ORIGIN, PASSWORD, House

CLIENT, BACK, VERIFIER = "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "http://localhost:8400/", "v" * 64
ARM = "https://management.azure.com"
USER_SCOPE = f"{ARM}/.default openid profile offline_access"


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with TestClient(house.app(), ORIGIN, follow_redirects=False) as client:
        yield client


@pytest.fixture
def secret(house: House) -> str:
    return house.secret(house.program("robot"))


def by_secret(secret: str, **more: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": "robot",
        "client_secret": secret,
        "scope": f"{ARM}/.default",
    } | more


def error_of(answer) -> tuple[int, str, int]:
    """Status, OAuth's word, Entra's number."""
    body = answer.json()
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    assert {"trace_id", "correlation_id", "timestamp"} <= set(body)
    return answer.status_code, body["error"], body["error_codes"][0]


class TestByClientCredentials:
    @pytest.mark.parametrize("path", ["adfs/oauth2/token", "common/oauth2/v2.0/token"])
    def test_a_program_gets_a_token(self, house: House, client: TestClient, secret: str, path: str):
        answer = client.post(path, data=by_secret(secret))
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
        assert not {"refresh_token", "id_token", "client_info"} & set(body)
        assert house.authenticator.authenticate(body["access_token"]).name == "robot"
        claims = jwt.decode(body["access_token"], options={"verify_signature": False})
        assert (claims["aud"], claims["idtyp"]) == (ARM, "app")

    def test_the_client_may_show_itself_by_a_basic_header(
        self, house: House, client: TestClient, secret: str
    ):
        form = {"grant_type": "client_credentials", "resource": f"{ARM}/"}
        answer = client.post("adfs/oauth2/token", data=form, auth=("robot", secret))
        assert answer.status_code == 200
        assert answer.json()["resource"] == f"{ARM}/"
        assert answer.json()["expires_on"] == str(int(house.clock.now) + 3600)

    def test_the_tenant_has_a_guid_of_its_own(self, house: House, client: TestClient, secret: str):
        path = f"{house.directory.tenant.upper()}/oauth2/v2.0/token"
        assert client.post(path, data=by_secret(secret)).status_code == 200

    @pytest.mark.parametrize(
        ("change", "refusal"),
        [
            ({"client_secret": "wrong"}, (401, "invalid_client", 7000215)),
            ({"client_id": "ghost"}, (401, "invalid_client", 7000215)),
            ({"client_secret": ""}, (400, "invalid_request", 900144)),
            ({"client_id": ""}, (400, "invalid_request", 900144)),
            ({"grant_type": ""}, (400, "invalid_request", 900144)),
            ({"grant_type": "password"}, (400, "unsupported_grant_type", 70003)),
            ({"scope": ""}, (400, "invalid_request", 900144)),
            ({"scope": "https://vault.azure.net/.default"}, (400, "invalid_resource", 500011)),
            (
                {"scope": f"{ARM}/.default https://ml.azure.com/.default"},
                (400, "invalid_scope", 70011),
            ),
        ],
    )
    def test_a_refusal_has_the_shape_that_clients_read(
        self,
        client: TestClient,
        secret: str,
        change: dict[str, str],
        refusal: tuple[int, str, int],
    ):
        answer = client.post("adfs/oauth2/token", data=by_secret(secret, **change))
        assert error_of(answer) == refusal
        assert secret not in answer.text

    def test_another_tenant_is_refused(self, client: TestClient, secret: str):
        answer = client.post("contoso/oauth2/v2.0/token", data=by_secret(secret))
        assert error_of(answer) == (400, "invalid_request", 90002)

    @pytest.mark.parametrize(
        "body",
        [b"client_id=a&client_id=b", b"\xff\xfe", b"nonsense", b"a=" + b"x" * 40_000, b"a=%ff"],
    )
    def test_a_body_that_is_no_form_is_refused(self, client: TestClient, body: bytes):
        answer = client.post("adfs/oauth2/token", content=body)
        assert answer.json()["error"] == "invalid_request"
        assert answer.status_code == 400

    def test_guessing_is_slowed_and_keeps_nobody_out(self, client: TestClient, secret: str):
        for _ in range(10):
            client.post("adfs/oauth2/token", data=by_secret("wrong"))
        locked = client.post("adfs/oauth2/token", data=by_secret("wrong"))
        assert error_of(locked) == (400, "invalid_grant", 50053)
        assert client.post("adfs/oauth2/token", data=by_secret(secret)).status_code == 200

    def test_nothing_secret_is_logged(
        self, client: TestClient, secret: str, caplog: pytest.LogCaptureFixture
    ):
        with caplog.at_level(logging.DEBUG):
            token = client.post("adfs/oauth2/token", data=by_secret(secret)).json()
            client.post("adfs/oauth2/token", data=by_secret(secret + "x"))
        assert secret not in caplog.text
        assert token["access_token"] not in caplog.text


def fields_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))


def wish(**more: str) -> dict[str, str]:
    return {
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": USER_SCOPE,
        "state": "s&t",
        "nonce": "n",
        "code_challenge": pkce_challenge(VERIFIER),
        "code_challenge_method": "S256",
    } | more


class TestOnThePage:
    path = "/common/oauth2/v2.0/authorize"

    @pytest.fixture(autouse=True)
    def ana(self, house: House) -> None:
        house.credentials.set_password(house.user("ana"), PASSWORD)

    def log_in(self, client: TestClient, password: str = PASSWORD, **more: str):
        page = client.get(self.path, params=wish(**more))
        assert page.status_code == 200
        sent = {"state": "s&t"}  # the page has it escaped
        form = fields_of(page.text) | sent | {"username": "ana", "password": password}
        return client.post(self.path, data=form)

    def test_a_person_logs_in_and_the_client_gets_tokens(self, house: House, client: TestClient):
        went = self.log_in(client)
        assert went.status_code == 303
        assert went.headers["location"].startswith(BACK)
        told = parse_qs(urlsplit(went.headers["location"]).query)
        assert told["state"] == ["s&t"]
        form = {
            "grant_type": "authorization_code",
            "client_id": CLIENT,
            "redirect_uri": BACK,
            "code": told["code"][0],
            "code_verifier": VERIFIER,
        }
        tokens = client.post("common/oauth2/v2.0/token", data=form).json()
        assert house.authenticator.authenticate(tokens["access_token"]).name == "ana"
        told_client = jwt.decode(tokens["id_token"], options={"verify_signature": False})
        assert told_client["aud"] == CLIENT
        assert told_client["nonce"] == "n"
        assert told_client["preferred_username"] == "ana"
        info = tokens["client_info"]
        assert house.directory.tenant in base64.urlsafe_b64decode(info + "==").decode()
        refreshed = client.post(
            "common/oauth2/v2.0/token",
            data={
                "grant_type": "refresh_token",
                "client_id": CLIENT,
                "refresh_token": tokens["refresh_token"],
                "scope": "https://ml.azure.com/.default",
            },
        ).json()
        claims = jwt.decode(refreshed["access_token"], options={"verify_signature": False})
        assert claims["aud"] == "https://ml.azure.com"
        assert refreshed["refresh_token"] != tokens["refresh_token"]
        again = client.post("common/oauth2/v2.0/token", data=form)
        assert error_of(again) == (400, "invalid_grant", 70000)
        with pytest.raises(Unauthenticated, match="revoked or ended"):
            house.authenticator.authenticate(refreshed["access_token"])

    def test_a_form_post_hands_the_code_over_without_a_script(self, client: TestClient):
        page = self.log_in(client, response_mode="form_post")
        assert page.status_code == 200
        assert f'action="{BACK}"' in page.text
        assert {"code", "state"} == set(fields_of(page.text))
        assert "<script" not in page.text

    def test_a_wrong_password_stays_on_the_page(self, client: TestClient):
        page = self.log_in(client, "wrong")
        assert page.status_code == 400
        assert "password is wrong" in page.text
        assert 'value="wrong"' not in page.text

    def test_guessing_is_slowed(self, client: TestClient):
        for _ in range(10):
            self.log_in(client, "wrong")
        assert "Too many failed logins" in self.log_in(client).text

    def test_a_form_from_elsewhere_is_refused(self, client: TestClient):
        page = client.get(self.path, params=wish())
        form = fields_of(page.text) | {"username": "ana", "password": PASSWORD}
        for broken in (form | {"csrf": "x"}, {k: v for k, v in form.items() if k != "csrf"}):
            assert client.post(self.path, data=broken).status_code == 400
        client.cookies.clear()
        refused = client.post(self.path, data=form)
        assert refused.status_code == 400
        assert "opened from elsewhere" in refused.text

    def test_the_cookie_and_the_page_are_locked_down(self, client: TestClient):
        page = client.get(self.path, params=wish())
        cookie = page.headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"))
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self' http://localhost:8400;" in policy

    def test_what_a_client_says_is_shown_as_text(self, client: TestClient):
        page = client.get(self.path, params=wish(client_id='"><script>alert(1)</script>'))
        assert "<script>" not in page.text

    @pytest.mark.parametrize(
        "back",
        [
            "https://evil.example/",
            "http://evil.example/",
            "http://localhost.evil.example/",
            "http://localhost@evil.example/",
            "javascript:alert(1)",
            "//evil.example",
            "http://localhost:1/#x",
            "http://[::1",
            "http://localhost:1; script-src *",
            "http://localhost:a'unsafe-inline'/",
            "http://localhost:1'unsafe-inline'/",
            "http://localhost:99999999/",
            "http://localhost:-1/",
            "http://localhost:１/",
            "http://local\thost/",
            "http://localhost:1/\u2028",
            "http:///x",
            "http://[::1%25a]/",
            "http://:1/",
            f"{ORIGIN}:1/",
            f"{ORIGIN}'/",
            f"{ORIGIN}@evil.example/",
            f"{ORIGIN}/_blob/account/container/page.html",
            f"{ORIGIN}//_blob/account/container/page.html",
            f"{ORIGIN}/%5Fblob/account/container/page.html",
            f"{ORIGIN}/x/../_blob/account/container/page.html",
            f"{ORIGIN}/x/%2e%2E/_blob/account/container/page.html",
            f"{ORIGIN}/./_blob/account/container/page.html",
            "http://localhost:8080/_blob/account/container/page.html",
            "",
        ],
    )
    def test_a_code_goes_nowhere_else(self, client: TestClient, back: str):
        answer = client.get(self.path, params=wish(redirect_uri=back))
        assert answer.status_code == 400
        assert "location" not in answer.headers

    def test_guesses_of_others_keep_no_browser_out_that_is_known(self, client: TestClient):
        assert self.log_in(client).status_code == 303
        known = client.cookies[REMEMBERED]
        client.cookies.clear()
        for _ in range(10):
            assert "is wrong" in self.log_in(client, "a wrong password").text
        assert "Too many failed logins" in self.log_in(client).text
        client.cookies.set(REMEMBERED, known)
        assert self.log_in(client).status_code == 303

    def test_who_wants_no_page_is_told_that_there_is_no_other_way(self, client: TestClient):
        answer = client.get(self.path, params=wish(prompt="none"))
        told = parse_qs(urlsplit(answer.headers["location"]).query)
        assert (told["error"], told["state"]) == (["login_required"], ["s&t"])

    def test_a_page_of_the_estate_may_be_returned_to(self, client: TestClient):
        page = client.get(self.path, params=wish(redirect_uri=f"{ORIGIN}/studio"))
        assert page.status_code == 200

    @pytest.mark.parametrize(
        ("back", "origin"),
        [
            ("http://LOCALHOST:8400/a/b?c=d", "http://localhost:8400"),
            ("http://127.0.0.1", "http://127.0.0.1"),
            ("http://[::1]:1/", "http://[::1]:1"),
            (ORIGIN.upper().replace("HTTPS", "https") + "/x", ORIGIN),
        ],
    )
    def test_the_policy_of_the_page_names_the_origin_that_is_returned_to_and_nothing_else(
        self, client: TestClient, back: str, origin: str
    ):
        page = client.get(self.path, params=wish(redirect_uri=back))
        policy = page.headers["content-security-policy"]
        assert f"form-action 'self' {origin}; frame-ancestors" in policy

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_mode": "fragment"}, "invalid_request"),
            ({"code_challenge": ""}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"scope": "https://vault.azure.net/.default"}, "invalid_resource"),
        ],
    )
    def test_what_is_wrong_is_told_to_the_client(
        self, client: TestClient, change: dict[str, str], error: str
    ):
        answer = client.get(self.path, params=wish(**change))
        if answer.status_code == 200:
            told = fields_of(answer.text)["error"]
        else:
            told = parse_qs(urlsplit(answer.headers["location"]).query)["error"][0]
        assert told == error


class TestByDevice:
    def start(self, client: TestClient) -> dict[str, str]:
        form = {"client_id": CLIENT, "scope": USER_SCOPE}
        started: dict[str, str] = client.post("common/oauth2/v2.0/devicecode", data=form).json()
        return started

    def poll(self, house: House, client: TestClient, started: dict[str, str]):
        house.clock.now += 2
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "client_id": CLIENT,
            "device_code": started["device_code"],
        }
        return client.post("common/oauth2/v2.0/token", data=form)

    def decide(self, house: House, client: TestClient, code: str, decision: str, name: str = "ana"):
        page = client.get("/common/oauth2/deviceauth")
        form = {
            **fields_of(page.text),
            "user_code": code,
            "username": name,
            "password": PASSWORD,
            "decision": decision,
        }
        return client.post("/common/oauth2/deviceauth", data=form)

    @pytest.fixture(autouse=True)
    def ana(self, house: House) -> None:
        house.credentials.set_password(house.user("ana"), PASSWORD)

    def test_a_person_approves_on_the_page_and_the_device_gets_tokens(
        self, house: House, client: TestClient
    ):
        started = self.start(client)
        assert started["verification_uri"] == f"{ORIGIN}/common/oauth2/deviceauth"
        assert started["user_code"] in started["message"]
        waiting = self.poll(house, client, started)
        assert error_of(waiting) == (400, "authorization_pending", 70016)
        assert "may now act" in self.decide(house, client, started["user_code"], "approve").text
        tokens = self.poll(house, client, started).json()
        assert house.authenticator.authenticate(tokens["access_token"]).name == "ana"
        assert tokens["refresh_token"]
        assert tokens["id_token"]

    def test_a_person_denies(self, house: House, client: TestClient):
        started = self.start(client)
        self.decide(house, client, started["user_code"], "deny")
        assert self.poll(house, client, started).json()["error"] == "authorization_declined"

    def test_a_wrong_code_or_a_wrong_password_approves_nothing(
        self, house: House, client: TestClient
    ):
        started = self.start(client)
        assert self.decide(house, client, "BBBB-BBBB", "approve").status_code == 400
        assert self.decide(house, client, started["user_code"], "approve", "bo").status_code == 400
        assert self.poll(house, client, started).json()["error"] == "authorization_pending"

    def test_a_form_from_elsewhere_approves_nothing(self, house: House, client: TestClient):
        started = self.start(client)
        form = {"user_code": started["user_code"], "username": "ana", "password": PASSWORD}
        refused = client.post("/common/oauth2/deviceauth", data=form | {"decision": "approve"})
        assert refused.status_code == 400
        assert self.poll(house, client, started).json()["error"] == "authorization_pending"

    def test_a_resource_that_is_not_ours_is_refused_at_once(self, client: TestClient):
        form = {"client_id": CLIENT, "scope": "https://vault.azure.net/.default"}
        answer = client.post("common/oauth2/v2.0/devicecode", data=form)
        assert error_of(answer) == (400, "invalid_resource", 500011)


class TestDiscovery:
    def test_a_token_can_be_checked_with_what_is_published(
        self, house: House, client: TestClient, secret: str
    ):
        tenant = house.directory.tenant
        found = client.get(f"{tenant}/v2.0/.well-known/openid-configuration").json()
        token = client.post(found["token_endpoint"], data=by_secret(secret)).json()["access_token"]
        kid = jwt.get_unverified_header(token)["kid"]
        published = client.get(found["jwks_uri"]).json()
        assert "d" not in published["keys"][0]
        key = jwt.PyJWKSet.from_dict(published)[kid]
        claims = jwt.decode(
            token, key, ["ES256"], audience=ARM, issuer=found["issuer"], options=NO_TIMES
        )
        assert claims["tid"] == tenant

    def test_an_adfs_has_no_v2(self, client: TestClient):
        found = client.get("adfs/.well-known/openid-configuration").json()
        assert found["token_endpoint"] == f"{ORIGIN}/adfs/oauth2/token"
        assert found["device_authorization_endpoint"] == f"{ORIGIN}/adfs/oauth2/devicecode"

    def test_links_follow_the_host(self, client: TestClient):
        headers = {"host": "estate.contoso.example"}
        found = client.get("common/v2.0/.well-known/openid-configuration", headers=headers).json()
        there = "https://estate.contoso.example"
        assert found["token_endpoint"] == f"{there}/common/oauth2/v2.0/token"
        assert found["issuer"].startswith(f"{there}/")

    def test_instance_discovery_answers_for_the_tenant_that_was_asked_for(self, client: TestClient):
        asked = "https://login.microsoftonline.com/contoso/oauth2/v2.0/authorize"
        found = client.get(
            "/common/discovery/instance",
            params={"api-version": "1.1", "authorization_endpoint": asked},
        ).json()
        assert found["tenant_discovery_endpoint"] == (
            f"{ORIGIN}/contoso/v2.0/.well-known/openid-configuration"
        )


class TestByAzuresNames:
    """As `mlestate run` leads programs here."""

    def test_the_login_is_azures_own_and_its_pages_are_where_browsers_find_them(
        self, house: House, client: TestClient
    ):
        tenant, login = house.directory.tenant, "https://login.microsoftonline.com"
        headers = {"host": "login.microsoftonline.com"}
        document = f"/{tenant}/v2.0/.well-known/openid-configuration"
        said = client.get(document, headers=headers).json()
        assert said["issuer"] == f"{login}/{tenant}/v2.0"
        assert said["token_endpoint"] == f"{login}/{tenant}/oauth2/v2.0/token"
        assert said["authorization_endpoint"] == f"{ORIGIN}/{tenant}/oauth2/v2.0/authorize"
        form = {"client_id": CLIENT, "scope": USER_SCOPE}
        path = f"/{tenant}/oauth2/v2.0/devicecode"
        begun = client.post(path, data=form, headers=headers).json()
        assert begun["verification_uri"].startswith(f"{ORIGIN}/")

    def test_the_cloud_is_azures_public_one(self, client: TestClient):
        headers = {"host": "management.azure.com"}
        path = "/metadata/endpoints?api-version=2022-09-01"
        said = client.get(path, headers=headers).json()
        assert said["name"] == "AzureCloud"
        assert said["resourceManager"] == "https://management.azure.com/"
        assert said["authentication"]["loginEndpoint"] == "https://login.microsoftonline.com"


class TestByManagedIdentity:
    PATH = "/adfs/oauth2/identity"

    def test_a_program_on_a_server_gets_a_token(self, house: House, client: TestClient):
        robot = house.program("robot")
        headers = {"x-identity-header": f"{robot.client_id}:{house.secret(robot)}"}
        answer = client.get(self.PATH, params={"resource": ARM}, headers=headers)
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        assert body["resource"] == ARM
        assert int(body["expires_on"]) > 0
        assert house.authenticator.authenticate(body["access_token"]).name == "robot"

    @pytest.mark.parametrize(
        ("header", "resource", "status"),
        [("", ARM, 400), ("robot:wrong", ARM, 401), ("robot:", ARM, 400), ("robot:wrong", "", 400)],
    )
    def test_all_others_are_told_why_not(
        self, secret: str, client: TestClient, header: str, resource: str, status: int
    ):
        headers = {"x-identity-header": header}
        answer = client.get(self.PATH, params={"resource": resource}, headers=headers)
        assert answer.status_code == answer.json()["statusCode"] == status
        assert answer.json()["message"]


class TestTheCloud:
    def test_is_a_list_for_old_versions_and_one_object_for_new_ones(self, client: TestClient):
        old = client.get("/metadata/endpoints?api-version=2019-05-01").json()
        none = client.get("/metadata/endpoints").json()
        new = client.get("/metadata/endpoints?api-version=2022-09-01").json()
        assert old == none == [new]
        assert new["resourceManager"] == f"{ORIGIN}/"
        assert new["portal"].count(".") == 2
        assert new["authentication"]["loginEndpoint"] == ORIGIN
        assert new["suffixes"]["storage"] == "core.windows.net"

    def test_follows_the_host(self, client: TestClient):
        headers = {"host": "127.0.0.1:9443"}
        one = client.get("/metadata/endpoints?api-version=2022-09-01", headers=headers).json()
        assert one["resourceManager"] == "https://127.0.0.1:9443/"
        services = client.get("/discovery/workspaces/x", headers=headers).json()
        assert services["api"] == services["history"] == "https://127.0.0.1:9443"


# The tokens carry the time of the test's own clock.
NO_TIMES = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
