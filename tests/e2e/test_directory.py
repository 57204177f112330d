"""The guide to a directory: a real provider, a real client of SCIM, real processes."""

from __future__ import annotations

import re
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient

from tests import guide
from tests.directory.signing_in import PROVIDER
from tests.ports import free_port
from tests.provider_server import SECRET, Browser, Provider
from tests.running import COMMAND, ROOT, Running

PAGE = (ROOT / "docs" / "guides" / "connect-your-directory.md").read_text()
CORE = "urn:ietf:params:scim:schemas:core:2.0"


class Site(guide.Reader):
    """A reader who logs in with a browser, and whose directory pushes in between."""

    def __init__(self, folder: Path):
        self.port = free_port()
        self.origin = f"https://localhost:{self.port}"
        here = f"{self.origin}/common/oauth2"
        self.provider = Provider(folder, f"{here}/callback", f"{here}/backchannel")
        plain = Running(folder / "data", None).environment
        own = {
            "PATH": f"{COMMAND.parent}:{plain['PATH']}",
            "MLESTATE_PORT": str(self.port),
            "MLESTATE_DATA": "data",
            "MLESTATE_OIDC_ISSUER": self.provider.issuer,
            "CLIENT_SECRET": SECRET,
            "ESTATE": self.origin,
        }
        super().__init__(folder, {**plain, **own})
        self.browser: Browser | None = None

    @property
    def bundle(self) -> Path:
        return self.folder / "data" / "tls" / "bundle.pem"

    def run(self, command: str, expected: tuple[str, ...]) -> None:
        if command == "mlestate doctor":
            self.provider.start(self.bundle)
        if command == "mlestate login":
            said = self.log_in()
            guide.assert_shown(expected, said.replace(str(self.port), "8443"))
            return
        if command == "mlestate logout":
            self.log_out_there()
        super().run(command, expected)
        if command.startswith("curl "):
            self.push()

    def log_in(self) -> str:
        """`mlestate login`, and what a person does meanwhile."""
        waiting = subprocess.Popen(
            ["mlestate", "login"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert waiting.stdout is not None
        first = waiting.stdout.readline()
        found = re.search(r"open (\S+) and enter the code ([A-Z-]+)\.", first)
        assert found is not None, first
        self.browser = Browser(ssl.create_default_context(cafile=str(self.bundle)))
        page = self.browser.get(found[1])
        theirs = self.browser.submit(page, PROVIDER, user_code=found[2])
        done = self.browser.log_in(theirs, "u-ana")
        assert "may now act in your name" in done.text
        rest, _ = waiting.communicate(timeout=60)
        assert waiting.returncode == 0, rest
        return first + rest

    def log_out_there(self) -> None:
        """Whoever logs out at the provider is logged out here, which it tells by itself."""
        assert self.browser is not None
        page = self.browser.get(f"{self.provider.issuer}/session/end?client_id=mlestate")
        self.browser.submit(page, ("logout", "yes"))
        refused = self.call("mlestate whoami")
        assert refused.returncode == 1, refused.stdout
        assert "The session has ended" in refused.stdout

    def push(self) -> None:
        """What the directory does by itself."""
        token = (self.folder / "entra.token").read_text().strip()
        with httpx2.Client(
            base_url=f"{self.origin}/scim/v2",
            headers={"Authorization": f"Bearer {token}"},
            verify=ssl.create_default_context(cafile=str(self.bundle)),
            trust_env=False,
        ) as http:
            directory = SyncSCIMClient(http)
            directory.discover()
            user = directory.get_resource_model("User")
            group = directory.get_resource_model("Group")
            assert user is not None
            assert group is not None
            eve = directory.create(user(user_name="eve@contoso.example", external_id="u-eve"))
            members = [{"value": eve.id}]
            directory.create(group(display_name="retail-science", members=members))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    found = Site(tmp_path)
    yield found
    found.call("mlestate down")
    found.provider.stop()
    if found.browser is not None:
        found.browser.close()


def test_the_guide_connects_a_directory(site: Site):
    for step in guide.steps(PAGE):
        site.do(step)
    log = (site.folder / "data" / "logs" / "server.log").read_text()
    for secret in (SECRET, (site.folder / "entra.token").read_text().strip()):
        assert secret not in log
