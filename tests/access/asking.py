"""An estate in this process, and requests to it as a server would hand them over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import msgspec

from mlestate.app.build import Estate
from mlestate.app.settings import Settings
from mlestate.identity import bootstrap

HOST = "localhost:8443"
REGION = "westeurope"


class Answer(msgspec.Struct):
    """`heard`: whether the body of the request was read for it."""

    status: int
    headers: dict[str, str]
    body: bytes
    heard: bool = False

    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def code(self) -> str:
        """The refusal's own word: ARM's, MLflow's or the blob protocol's."""
        if found := self.headers.get("x-ms-error-code"):
            return found
        if not self.body.startswith(b"{"):
            return ""
        document = self.json()
        error = document.get("error_code") or document.get("error") or ""
        return str(error.get("code", "")) if isinstance(error, dict) else str(error)

    @property
    def text(self) -> str:
        """All that is told, headers included."""
        headers = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{headers}\n\n{self.body.decode('utf-8', 'replace')}".replace("\\u0000", "\0")


class Request(msgspec.Struct, frozen=True):
    """`target` is encoded, with its query; `body` is JSON where it is not bytes."""

    method: str
    target: str
    body: Any = None
    headers: dict[str, str] = {}

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else msgspec.json.encode(self.body)

    @property
    def text(self) -> str:
        """All that is said."""
        headers = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
        targets = f"{self.target}\n{unquote(self.target)}"
        return f"{targets}\n{headers}\n{self.content.decode('utf-8', 'replace')}"


class House:
    """The estate, its worker stepped by hand. `tokens` by name; `clock` may be put ahead."""

    def __init__(self, data: Path, settings: Settings | None = None):
        self.clock = _Clock()
        self.estate = Estate(data, settings or Settings(dev=True), [REGION], self.clock)
        self.estate.found()
        self.loop = asyncio.Runner()
        self.tokens: dict[str, str] = {}
        self._logins: dict[str, bootstrap.TokenFile] = {}
        self.log_in()

    def log_in(self) -> None:
        """The administrator, whose token is over too once the clock was put ahead."""
        file = self.estate.data / bootstrap.ADMIN_FILE
        self.tokens["admin"] = self._token(bootstrap.read(file))

    def close(self) -> None:
        self.loop.close()
        self.estate.close()

    def work(self) -> None:
        """Do all that is asked for."""
        while self.estate.worker.step():
            pass

    def person(self, name: str) -> str:
        """A new user with a token of their own; answers the object id."""
        return self.enter("users", name)

    def enter(self, kind: str, name: str) -> str:
        """A token for a user or a program, who is made where there is none; the object id."""
        made = self.made("admin", Request("PUT", f"/estate/v1/{kind}/{name}", {})).json()
        secret = Request("POST", f"/estate/v1/{kind}/{name}/secrets", {"label": "test"})
        given = self.made("admin", secret).json()
        login = bootstrap.TokenFile(given["clientId"], given["secret"], given["tenant"])
        self._logins[name] = login
        self.tokens[name] = self._token(login)
        return str(made["objectId"])

    def again(self, name: str) -> str:
        """A new token for somebody, whose old one is over."""
        return self._token(self._logins[name])

    def job_token(self, job: str, submitter: str) -> str:
        """As the agent would get it for a job that it runs; the submitter by object id."""
        self.estate.live.hear(REGION, {job.lower(): 7})
        found = self.estate.identities.directory.by_id(submitter)
        assert found is not None
        return self.estate.identities.tokens.for_job(job, 7, found)

    def end_jobs(self) -> None:
        """No lease lives any more."""
        self.estate.live.hear(REGION, {})

    def ask(self, who: str, request: Request) -> Answer:
        """`who` is a name with a token, a token itself, or nobody where it is empty."""
        headers = dict(request.headers)
        token = self.tokens.get(who, who)
        if token and "authorization" not in headers:
            headers["authorization"] = f"Bearer {token}"
        return self.loop.run(self._ask(request, headers))

    def made(self, who: str, request: Request) -> Answer:
        """The answer of a request that must succeed."""
        answer = self.ask(who, request)
        said = f"{request.method} {request.target} as {who}: {answer.status} {answer.text[:2000]}"
        assert 200 <= answer.status < 300, said
        return answer

    def get(self, who: str, target: str) -> Answer:
        return self.ask(who, Request("GET", target))

    async def _ask(self, request: Request, headers: Mapping[str, str]) -> Answer:
        path, _, query = request.target.partition("?")
        messages = [{"type": "http.request", "body": request.content, "more_body": False}]
        got: list[Any] = []

        async def receive() -> Any:
            if messages:
                return messages.pop(0)
            return await asyncio.Event().wait()  # the client stays until it has its answer

        async def send(message: Any) -> None:
            got.append(message)

        named = {"host": HOST, "content-length": str(len(request.content)), **headers}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "scheme": "https",
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
            "client": ("127.0.0.1", 50000),
        }
        await self.estate.app(scope, receive, send)
        sent = {k.decode().lower(): v.decode("latin-1") for k, v in got[0]["headers"]}
        body = b"".join(m.get("body", b"") for m in got[1:])
        return Answer(got[0]["status"], sent, body, not messages)

    def _token(self, login: bootstrap.TokenFile) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": login.client_id,
            "client_secret": login.client_secret,
            "scope": "https://management.azure.com/.default",
        }
        content = urlencode(form).encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        request = Request("POST", f"/{login.tenant}/oauth2/v2.0/token", content, kind)
        answer = self.loop.run(self._ask(request, kind))
        assert answer.status == 200, answer.text
        return str(answer.json()["access_token"])


class _Clock:
    """The real time, which a test may put ahead, and stop."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._stopped = 0.0

    def __call__(self) -> float:
        return (self._stopped or time.time()) + self.ahead

    def freeze(self) -> None:
        self._stopped = time.time()
