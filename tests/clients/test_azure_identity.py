"""Microsoft's own clients, unmodified, log in here over TLS with the local authority.

Each runs in a process of its own: what makes it work is its environment, and nothing else.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mlestate.api.authentication import caller_of
from mlestate.core.principals import Principal
from mlestate.identity import environment, tls
from tests.identity_house import PASSWORD, House

SPACE = environment.Workspace("00000000-0000-0000-0000-000000000001", "rg", "mlw")


class Estate:
    """A served House: `house` is its inside, `origin` its address."""

    def __init__(self, folder: Path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.origin = f"https://localhost:{port}"
        self.house = House(f"sqlite:///{folder}/estate.db", time.time, [self.origin])
        self.tls = tls.ensure(folder / "tls", [], datetime.now(UTC))
        self.asked: list[tuple[str, str]] = []
        app = self.house.app()
        app.router.routes += self._stand_ins()
        config = uvicorn.Config(
            app, port=port, ssl_certfile=self.tls.server, log_level="warning", ws="none"
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)

    def _stand_ins(self) -> list[Route]:
        """The few addresses of other rooms that show what token a client sends."""

        async def workspace(request: Request) -> JSONResponse:
            caller = await caller_of(request, self.house.authenticator)
            self.asked.append((caller.name, request.url.path))
            return JSONResponse(
                {"id": SPACE.id, "name": SPACE.name, "location": "westeurope", "properties": {}}
            )

        async def experiments(request: Request) -> JSONResponse:
            caller = await caller_of(request, self.house.authenticator)
            self.asked.append((caller.name, request.url.path))
            return JSONResponse({"experiments": []})

        search = f"/mlflow/v3.0{SPACE.id}/api/2.0/mlflow/experiments/search"
        return [Route(SPACE.id, workspace), Route(search, experiments, methods=["GET", "POST"])]

    def variables(self, principal: Principal, token: str = "") -> dict[str, str]:
        login = environment.Login(principal.client_id, self.house.secret(principal))
        where = environment.Estate(self.origin, "mlestate", self.tls.bundle)
        return environment.variables(where, login, SPACE, token)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    estate = Estate(tmp_path_factory.mktemp("estate"))
    estate.thread.start()
    while not estate.server.started:
        time.sleep(0.01)
    yield estate
    estate.server.should_exit = True
    estate.thread.join()
    estate.house.close()


@pytest.fixture
def robot(estate: Estate, request: pytest.FixtureRequest) -> Principal:
    names = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())
    return estate.house.program(f"robot-{names}"[:100])


def bare_environment(home: Path) -> dict[str, str]:
    """No variable of ours, and no credential of this machine."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}


def run(script: str, variables: dict[str, str], home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env=bare_environment(home) | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def refusal(script: str, variables: dict[str, str], home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env=bare_environment(home) | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
    return done.stderr


@pytest.mark.parametrize("kind", ["DefaultAzureCredential", "EnvironmentCredential"])
def test_a_credential_without_any_argument(
    estate: Estate, robot: Principal, tmp_path: Path, kind: str
):
    script = (
        f"from azure.identity import {kind}\n"
        f"for scope in ('https://management.azure.com', 'https://ml.azure.com', "
        f"'https://storage.azure.com', '{estate.origin}', 'https://ml.azure.local'):\n"
        f"    print({kind}().get_token(scope + '/.default').token)"
    )
    tokens = run(script, estate.variables(robot), tmp_path).splitlines()
    assert [estate.house.authenticator.authenticate(t).name for t in tokens] == [robot.name] * 5


@pytest.mark.parametrize("tenant", ["adfs", "guid", "organizations"])
def test_a_client_secret_credential(estate: Estate, robot: Principal, tmp_path: Path, tenant: str):
    named = estate.house.directory.tenant if tenant == "guid" else tenant
    script = (
        "import os\nfrom azure.identity import ClientSecretCredential\n"
        f"c = ClientSecretCredential('{named}', os.environ['AZURE_CLIENT_ID'], "
        f"os.environ['AZURE_CLIENT_SECRET'], authority='{estate.origin}', "
        f"disable_instance_discovery=True)\n"
        f"t = c.get_token_info('{estate.origin}/.default')\n"
        "import time; assert 3500 < t.expires_on - time.time() <= 3600\nprint(t.token)"
    )
    token = run(script, estate.variables(robot), tmp_path)
    assert estate.house.authenticator.authenticate(token).name == robot.name


def test_the_async_credential(estate: Estate, robot: Principal, tmp_path: Path):
    pytest.importorskip("aiohttp")
    script = (
        "import asyncio\nfrom azure.identity.aio import DefaultAzureCredential\n"
        "async def main():\n"
        "    async with DefaultAzureCredential() as c:\n"
        "        print((await c.get_token('https://management.azure.com/.default')).token)\n"
        "asyncio.run(main())"
    )
    token = run(script, estate.variables(robot), tmp_path)
    assert estate.house.authenticator.authenticate(token).name == robot.name


def test_a_person_by_a_secret_of_their_own(estate: Estate, tmp_path: Path):
    ana = estate.house.user("ana@contoso.example")
    script = (
        "from azure.identity import DefaultAzureCredential\n"
        "print(DefaultAzureCredential().get_token('https://management.azure.com/.default').token)"
    )
    token = run(script, estate.variables(ana), tmp_path)
    caller = estate.house.authenticator.authenticate(token)
    assert (caller.name, caller.kind) == ("ana@contoso.example", "User")


def test_a_revoked_secret_is_told_to_its_user(estate: Estate, robot: Principal, tmp_path: Path):
    variables = estate.variables(robot)
    estate.house.credentials.revoke_secret(robot, "laptop")
    script = (
        "from azure.identity import EnvironmentCredential\n"
        "EnvironmentCredential().get_token('https://management.azure.com/.default')"
    )
    said = refusal(script, variables, tmp_path)
    assert "AADSTS7000215" in said
    assert "`laptop` was revoked" in said
    assert variables["AZURE_CLIENT_SECRET"] not in said


def test_without_the_bundle_the_authority_is_not_trusted(
    estate: Estate, robot: Principal, tmp_path: Path
):
    variables = estate.variables(robot)
    del variables["REQUESTS_CA_BUNDLE"], variables["SSL_CERT_FILE"]
    script = f"import requests\nrequests.get('{estate.origin}/metadata/endpoints')"
    assert "CERTIFICATE_VERIFY_FAILED" in refusal(script, variables, tmp_path)


@pytest.mark.parametrize("module", ["requests", "httpx2", "urllib.request"])
def test_http_clients_trust_the_bundle(
    estate: Estate, robot: Principal, tmp_path: Path, module: str
):
    get = "urlopen" if module == "urllib.request" else "get"
    script = f"import {module}\nprint({module}.{get}('{estate.origin}/metadata/endpoints'))"
    assert run(script, estate.variables(robot), tmp_path)


def test_a_script_of_azure_ai_ml_needs_nothing_but_the_names(
    estate: Estate, robot: Principal, tmp_path: Path
):
    script = (
        "from azure.ai.ml import MLClient\nfrom azure.identity import DefaultAzureCredential\n"
        f"ml = MLClient(DefaultAzureCredential(), '{SPACE.subscription}', "
        f"'{SPACE.resource_group}', '{SPACE.name}')\n"
        f"print(ml.workspaces.get('{SPACE.name}').location)"
    )
    assert run(script, estate.variables(robot), tmp_path) == "westeurope"
    assert (robot.name, SPACE.id) in estate.asked


def test_mlflow_needs_nothing_but_its_variables(estate: Estate, robot: Principal, tmp_path: Path):
    script = "import mlflow\nprint(mlflow.search_experiments())"
    token = estate.house.token(robot, estate.origin)
    assert run(script, estate.variables(robot, token), tmp_path) == "[]"
    assert (robot.name, f"/mlflow/v3.0{SPACE.id}/api/2.0/mlflow/experiments/search") in estate.asked


def test_a_device_code_credential_waits_for_a_person_and_refreshes(estate: Estate, tmp_path: Path):
    bo = estate.house.user("bo@contoso.example")
    estate.house.credentials.set_password(bo, PASSWORD)
    script = (
        "from azure.identity import DeviceCodeCredential\n"
        "def prompt(uri, code, expires): print(uri, code, flush=True)\n"
        f"c = DeviceCodeCredential(tenant_id='{estate.house.directory.tenant}', "
        f"authority='{estate.origin}', disable_instance_discovery=True, prompt_callback=prompt)\n"
        "print(c.get_token('https://management.azure.com/.default').token)\n"
        "print(c.get_token('https://ml.azure.com/.default').token)"
    )
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script],
        env=bare_environment(tmp_path) | {"REQUESTS_CA_BUNDLE": str(estate.tls.bundle)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        uri, code = child.stdout.readline().split()
        assert uri.startswith(f"{estate.origin}/")
        estate.house.sessions.decide_device(code, bo, approve=True)
        told, errors = child.communicate(timeout=60)
    assert child.returncode == 0, errors[-3000:]
    # The second token came silently, by the refresh token: nobody was asked again.
    tokens = told.split()
    assert len(tokens) == 2
    for token in tokens:
        assert estate.house.authenticator.authenticate(token).name == "bo@contoso.example"


def test_msal_logs_a_person_in_on_the_page_with_pkce(estate: Estate, tmp_path: Path):
    cy = estate.house.user("cy@contoso.example")
    estate.house.credentials.set_password(cy, PASSWORD)
    script = f"""
import re, requests
from html import unescape
from urllib.parse import parse_qsl, urlsplit
from msal import PublicClientApplication

app = PublicClientApplication(
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    authority="{estate.origin}/{estate.house.directory.tenant}",
    instance_discovery=False,
)
flow = app.initiate_auth_code_flow(
    ["https://management.azure.com/.default"], redirect_uri="http://localhost:8400"
)
browser = requests.Session()
page = browser.get(flow["auth_uri"])
form = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
person = dict(username="cy@contoso.example", password="{PASSWORD}")
fields = {{name: unescape(value) for name, value in form}} | person
went = browser.post(page.url, data=fields, allow_redirects=False)
if went.status_code == 303:
    back = dict(parse_qsl(urlsplit(went.headers["location"]).query))
else:
    back = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', went.text))
got = app.acquire_token_by_auth_code_flow(flow, back)
assert "error" not in got, got
assert got["id_token_claims"]["preferred_username"] == "cy@contoso.example"
(account,) = app.get_accounts()
assert account["username"] == "cy@contoso.example"
again = app.acquire_token_silent(["https://ml.azure.com/.default"], account)
print(got["access_token"])
print(again["access_token"])
"""
    variables = {"REQUESTS_CA_BUNDLE": str(estate.tls.bundle)}
    tokens = run(script, variables, tmp_path).splitlines()
    assert len(tokens) == 2
    for token in tokens:
        assert estate.house.authenticator.authenticate(token).name == "cy@contoso.example"
