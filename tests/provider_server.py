"""A provider of OpenID Connect: `oidc-provider`, certified, in a process of its own; and a browser
without a script that walks its pages."""

from __future__ import annotations

import fcntl
import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.blob_house import wait_for
from tests.ports import free_port

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".tools" / "provider"
PARTS = ROOT / "tests" / "provider"
CLIENT, SECRET = "mlestate", "a secret of a test: 100% of it"
PEOPLE: dict[str, dict[str, Any]] = {
    "u-ana": {
        "name": "Ana Souza",
        "preferred_username": "ana@contoso.example",
        "email": "ana@contoso.example",
        "email_verified": True,
        "groups": ["science", "g-2"],
    },
    "u-mal": {
        "name": "Mallory",
        "preferred_username": "mal@contoso.example",
        "email": "admin@contoso.example",
        "email_verified": False,
        "groups": [],
    },
}


def install() -> None:
    """Once, at the pinned versions. Needs `npm`."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (HOME / "node_modules" / "oidc-provider").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(PARTS / name, HOME / name)
            command = ["npm", "ci", "--no-audit", "--no-fund", "--silent"]
            subprocess.run(command, cwd=HOME, check=True)
        shutil.copy(PARTS / "serve.mjs", HOME / "serve.mjs")


class Provider:
    """`people` may be changed at any time; `start` begins it anew, with keys of its own."""

    def __init__(self, folder: Path, callback: str, back_channel: str = ""):
        self.port, self._folder = free_port(), folder
        self.people = json.loads(json.dumps(PEOPLE))
        self._client: dict[str, Any] = {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "redirect_uris": [callback],
            "scope": "openid profile email groups",
        }
        if back_channel:
            self._client["backchannel_logout_uri"] = back_channel
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self, bundle: Path | None = None) -> None:
        """`bundle` has the authorities that it believes besides the usual ones."""
        install()
        self.tell()
        settings = {"client": self._client, "keys": [_key()]}
        (self._folder / "settings.json").write_text(json.dumps(settings))
        files = [str(self._folder / name) for name in ("people.json", "settings.json")]
        with (self._folder / "provider.log").open("ab") as log:
            more = {"NODE_EXTRA_CA_CERTS": str(bundle)} if bundle else {}
            self._process = subprocess.Popen(
                ["node", "serve.mjs", str(self.port), *files],
                cwd=HOME,
                env={**os.environ, **more},
                stdout=log,
                stderr=log,
            )
        wait_for(self.port)

    def tell(self) -> None:
        """What is known of the people now."""
        (self._folder / "people.json").write_text(json.dumps(self.people))

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None


@contextmanager
def provider(folder: Path, callback: str, back_channel: str = "") -> Iterator[Provider]:
    found = Provider(folder, callback, back_channel)
    try:
        found.start()
        yield found
    finally:
        found.stop()


class Browser:
    """Follows redirects, sends the forms of pages, and keeps cookies, as far as a host's ports."""

    def __init__(self, verify: Any = True):
        self.http = httpx2.Client(verify=verify, follow_redirects=False, trust_env=False)

    def get(self, address: str) -> httpx2.Response:
        return self._follow(self.http.get(address))

    def submit(
        self, page: httpx2.Response, button: tuple[str, str] | None = None, **filled: str
    ) -> httpx2.Response:
        """The page's form, its hidden fields as they are; then wherever that leads."""
        return self._follow(self.send(page, button, **filled))

    def send(
        self, page: httpx2.Response, button: tuple[str, str] | None = None, **filled: str
    ) -> httpx2.Response:
        """The same, and no further."""
        form = re.search(r"<form([^>]*)>(.*?)</form>", page.text, re.S)
        assert form is not None, page.text
        action = re.search(r'action="([^"]*)"', form[1])
        where = urljoin(str(page.url), html.unescape(action[1]) if action else "")
        hidden = {
            html.unescape(name): html.unescape(value)
            for name, value in re.findall(
                r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[2]
            )
        }
        sent = hidden | filled | (dict([button]) if button else {})
        return self.http.post(where, data=sent)

    def log_in(self, page: httpx2.Response, subject: str) -> httpx2.Response:
        """On the provider's own pages: who it is, and that this is agreed to."""
        page = self.submit(page, login=subject, password="whatever")
        while "/interaction/" in str(page.url) and "<form" in page.text:
            page = self.submit(page)
        return page

    def close(self) -> None:
        self.http.close()

    def _follow(self, answer: httpx2.Response) -> httpx2.Response:
        for _ in range(20):
            where = answer.headers.get("location") if answer.is_redirect else onward(answer)
            if not where or where.startswith("http://localhost:8400"):
                return answer
            answer = self.http.get(urljoin(str(answer.url), where))
        raise AssertionError("this leads in circles")


def onward(answer: httpx2.Response) -> str:
    """Where a page leads by itself."""
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.text)
    return html.unescape(found[1]) if found else ""


def _key() -> dict[str, Any]:
    key = rsa.generate_private_key(65537, 2048)
    made: dict[str, Any] = RSAAlgorithm.to_jwk(key, as_dict=True)
    return made | {"use": "sig", "alg": "RS256"}
