"""An estate in this process, a real provider beside it, and people with browsers."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from mlestate.app.settings import Settings
from mlestate.identity.provider import wanted
from mlestate.identity.sessions import pkce_challenge
from tests.access.asking import Answer, House, Request
from tests.directory.pushing import Transport
from tests.provider_server import CLIENT, SECRET, Browser, Provider, provider

ORIGIN = "https://localhost:8443"
CALLBACK = f"{ORIGIN}/common/oauth2/callback"
BACK, VERIFIER = "http://localhost:8400/", "v" * 64
SCOPE = f"{ORIGIN}/.default openid profile offline_access"
PROVIDER = ("decision", "provider")


class Site:
    def __init__(self, house: House, provider: Provider):
        self.house, self.provider = house, provider
        self._browsers: list[Browser] = []

    def browser(self) -> Browser:
        found = Browser()
        self._browsers.append(found)
        found.http._mounts = {httpx2._utils.URLPattern("https://"): Transport(self.house)}
        return found

    def close(self) -> None:
        for each in self._browsers:
            each.close()
        self.house.close()

    def page(self, browser: Browser, **more: str) -> httpx2.Response:
        """The login page, as a client opens it."""
        asked = {
            "client_id": "a client",
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": SCOPE,
            "state": "the client's",
            "code_challenge": pkce_challenge(VERIFIER),
            "code_challenge_method": "S256",
        }
        return browser.get(f"{ORIGIN}/adfs/oauth2/authorize?{urlencode(asked | more)}")

    def come(self, subject: str) -> httpx2.Response:
        """Somebody logs in by the provider; where that ends."""
        browser = self.browser()
        theirs = browser.submit(self.page(browser), PROVIDER)
        assert str(theirs.url).startswith(self.provider.issuer), theirs.text
        return browser.log_in(theirs, subject)

    def tokens(self, subject: str) -> dict[str, Any]:
        """What their client gets in the end."""
        answer = self.come(subject)
        where = answer.headers.get("location", "")
        assert where.startswith(BACK), answer.text
        code = parse_qs(urlsplit(where).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        return self.form("token", **form, client_id="a client", code_verifier=VERIFIER).json()

    def form(self, place: str, **fields: str) -> Answer:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        content = urlencode(fields).encode()
        return self.house.ask("", Request("POST", f"/adfs/oauth2/{place}", content, kind))

    def me(self, token: str) -> Answer:
        return self.house.get(token, "/estate/v1/me")

    def put(self, path: str, body: Any) -> Any:
        return self.house.made("admin", Request("PUT", f"/estate/v1/{path}", body)).json()


def alert(page: httpx2.Response) -> str:
    found = re.search(r'role="alert">([^<]*)<', page.text)
    return found[1] if found else ""


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


@contextmanager
def site(folder: Path, **said: Any) -> Iterator[Site]:
    with provider(folder, CALLBACK) as found, estate(folder, found, **said) as here:
        yield here


@contextmanager
def estate(folder: Path, found: Provider, **said: Any) -> Iterator[Site]:
    data = folder / "data"
    data.mkdir(parents=True)
    secret = data / wanted.SECRET_FILE
    secret.write_text(SECRET)
    secret.chmod(0o600)
    told = {"scopes": ("openid", "profile", "email", "groups"), "name": "Contoso"} | said
    passwords = told.pop("passwords", True)
    settings = wanted.Provider(issuer=found.issuer, client_id=CLIENT, **told)
    here = Site(House(data, Settings(dev=True, oidc=settings, passwords=passwords)), found)
    try:
        yield here
    finally:
        here.close()
