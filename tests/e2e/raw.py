"""HTTP without a client between: for tests in which the exact moment of a request matters."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.running import Running

SUBSCRIPTION = "/subscriptions/6b1f6d1e-52a4-4a0e-9f0c-2a4c7c1d0001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-fraud-dev"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw-fraud-dev"
MLFLOW = f"/mlflow/v3.0{WORKSPACE}/api/2.0/mlflow"
Body = bytes | dict[str, Any] | None


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        return json.loads(self.body)


class Raw:
    """One connection, for one thread; as the administrator. A server that dies raises
    `OSError` or `http.client.HTTPException`."""

    def __init__(self, estate: Running):
        context = ssl.create_default_context(cafile=str(estate.data / "tls" / "ca.pem"))
        self._connection = http.client.HTTPSConnection(
            "localhost", estate.port, timeout=30, context=context
        )
        self._token = self._login(json.loads((estate.data / "admin.token").read_text()))

    def ask(
        self, method: str, path: str, body: Body = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """With our token, unless the address has a signature of its own."""
        sent = {} if "sig=" in path else {"Authorization": f"Bearer {self._token}"}
        sent |= headers or {}
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        self._connection.request(method, path, body, sent)
        got = self._connection.getresponse()
        return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())

    def must(self, method: str, path: str, body: Body = None, **headers: str) -> Answer:
        answer = self.ask(method, path, body, headers)
        assert answer.good, (method, path, answer)
        return answer

    def close(self) -> None:
        self._connection.close()

    def _login(self, file: dict[str, str]) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": file["client_id"],
            "client_secret": file["client_secret"],
            "scope": "https://management.azure.com/.default",
        }
        self._connection.request(
            "POST", f"/{file['tenant']}/oauth2/v2.0/token", urlencode(form),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        token: str = json.loads(self._connection.getresponse().read())["access_token"]
        return token
