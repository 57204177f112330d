"""An estate in this process, and a directory that pushes people to it: httpx2 over ASGI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from mlestate.app.settings import Settings
from tests.access.asking import Answer, House, Request

BASE = "https://localhost:8443/scim/v2"


class Transport(httpx2.BaseTransport):
    """Hands requests over as a server would."""

    def __init__(self, house: House, token: str = ""):
        self._house, self._token = house, token

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        target = request.url.raw_path.decode()
        known = {k.lower(): v for k, v in request.headers.items() if k.lower() != "content-length"}
        answer = self._house.ask(
            self._token, Request(request.method, target, request.read(), known)
        )
        return httpx2.Response(answer.status, headers=answer.headers, content=answer.body)


class Directory:
    """Pushes with a token of its own."""

    def __init__(self, house: House, label: str = "entra"):
        self.house = house
        made = house.made(
            "admin", Request("POST", "/estate/v1/provisioningTokens", {"label": label})
        )
        self.token = made.json()["token"]

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=BASE, transport=Transport(self.house, self.token))

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        return self.house.ask(self.token, Request(method, f"/scim/v2{path}", body))

    def made(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.house.made(self.token, Request(method, f"/scim/v2{path}", body))
        return json.loads(answer.body) if answer.body else None

    def user(self, name: str, **more: Any) -> str:
        """The id of a new person."""
        schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
        return str(
            self.made("POST", "/Users", {"schemas": schemas, "userName": name, **more})["id"]
        )

    def group(self, name: str, *members: str, **more: Any) -> str:
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name,
            "members": [{"value": member} for member in members],
            **more,
        }
        return str(self.made("POST", "/Groups", body)["id"])

    def patch(self, path: str, *operations: dict[str, Any]) -> Any:
        schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
        return self.made("PATCH", path, {"schemas": schemas, "Operations": list(operations)})


@contextmanager
def pushed(data: Path, database: str = "") -> Iterator[Directory]:
    """`database` is the URL of the estate's own; in a file of the folder where there is none."""
    data.mkdir(exist_ok=True)
    house = House(data, Settings(dev=True, database=database))
    try:
        yield Directory(house)
    finally:
        house.close()
