"""Whatever secret a request carries, at whichever address: it is in no event, log or refusal."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlestate.app.up import _scrubbed
from mlestate.store.activity import events
from tests.access.arm_cases import arm_cases
from tests.access.asking import Request
from tests.access.cases import cases
from tests.access.two_workspaces import A, Two

SECRET = "mles_N0body-May-See_This0123456789abcdefg"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiJub2JvZHkifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ"
SIGNED = f"https://stokapi.blob.core.windows.net/c/b?sv=2023&sig={SECRET}"
QUERIES = ("sig", "token", "code", "password", "client_secret", "access_token", "SAS")
HEADERS = {
    "authorization": f"Bearer {TOKEN}",
    "Authorization": f"Bearer {SECRET}",
    "x-ms-copy-source": SIGNED,
    "x-ms-copy-source-authorization": f"Bearer {TOKEN}",
    "cookie": f"session={SECRET}",
    "x-ms-client-request-id": SECRET,
    "x-ms-correlation-request-id": SECRET,
    "x-identity-header": f"numbat-program:{SECRET}",
    "x-ms-meta-note": SECRET,
    "user-agent": TOKEN,
}
PLAIN = {"content-type": "application/x-www-form-urlencoded"}
FEW = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def told(two: Two) -> str:
    """All that the activity log has, in every cell."""
    two.estate.journals.flush()
    found = []
    for database in two.estate.cells.all():
        with database.read() as connection:
            found += events(connection, limit=100_000)
    return msgspec.json.encode(found).decode()


def planted(request: Request, query: str, header: str, basic: bool) -> Request:
    mark = "&" if "?" in request.target else "?"
    target = f"{request.target}{mark}{urlencode({query: SECRET})}" if query else request.target
    headers = {**request.headers, **({header: HEADERS[header]} if header else {})}
    if basic:
        said = b64encode(f"bo:{SECRET}".encode()).decode()
        headers["authorization"] = f"Basic {said}"
    return Request(request.method, target, request.body, headers)


def logins(tenant: str) -> list[Request]:
    forms: list[dict[str, str]] = [
        {"grant_type": "client_credentials", "client_id": "bo", "client_secret": SECRET},
        {"grant_type": "client_credentials", "client_id": SECRET, "client_secret": TOKEN},
        {"grant_type": "refresh_token", "client_id": "x", "refresh_token": SECRET},
        {"grant_type": "authorization_code", "client_id": "x", "code": SECRET},
        {"grant_type": "device_code", "client_id": "x", "code": SECRET},
    ]
    body = {"scope": "https://management.azure.com/.default"}
    target = f"/{tenant}/oauth2/v2.0/token"
    return [Request("POST", target, urlencode(form | body).encode(), PLAIN) for form in forms]


def own() -> list[Request]:
    """What takes a secret as it should be sent."""
    return [
        Request("PUT", "/estate/v1/users/bo/password", {"password": SECRET, "current": TOKEN}),
        Request("POST", "/estate/v1/users/bo/secrets", {"label": "a", "days": SECRET}),
        Request("POST", f"{A.workspace}/connections/c/listSecrets", {"sig": SECRET}),
        Request("PUT", f"{A.workspace}/connections/numbat-connection", {"properties": KEY}),
        Request("GET", f"{A.workspace}/jobs/{SECRET}"),
        Request("DELETE", f"/estate/v1/users/bo/secrets/{TOKEN}"),
    ]


KEY = {
    "authType": "ApiKey",
    "category": "AzureOpenAI",
    "target": "https://numbat.example",
    "credentials": {"key": SECRET},
}


@given(st.data())
@FEW
def test_no_secret_is_told(two: Two, data: st.DataObject) -> None:
    everything = _everything(two)
    request = planted(
        data.draw(st.sampled_from(everything)),
        data.draw(st.sampled_from(("", *QUERIES))),
        data.draw(st.sampled_from(("", *HEADERS))),
        data.draw(st.booleans()),
    )
    who = data.draw(st.sampled_from(("admin", "bo", "stranger", "")))
    with structlog.testing.capture_logs() as logs:
        answer = two.ask(who, request)
    for line in logs:
        hidden(str(_scrubbed(None, "", line)))
    # Who names a thing by a secret is told that name.
    path = request.target.partition("?")[0]
    if answer.status >= 400 and SECRET not in path and TOKEN not in path:
        hidden(answer.body.decode("utf-8", "replace"))


def test_and_none_is_in_the_activity_log(two: Two) -> None:
    """Of all that was asked above, and of each address once more."""
    for request in _everything(two):
        two.ask("stranger", planted(request, "sig", "x-ms-copy-source", False))
        two.ask("", planted(request, "token", "cookie", True))
    said = told(two)
    assert said.count('"Failed"') > 100
    hidden(said)


def hidden(text: str) -> None:
    for secret in (SECRET, TOKEN):
        assert secret not in text, text[:2000]
        assert secret.lower() not in text.lower(), text[:2000]


_KEPT: dict[int, list[Request]] = {}


def _everything(two: Two) -> list[Request]:
    if id(two) not in _KEPT:
        tenant = two.get("bo", "/estate/v1/me").json()["tenant"]
        found: list[Any] = [case.request for case in cases(two.bo).values()]
        found += [case.request for _, case in arm_cases(two.bo)]
        found = [one for one in found if one.method not in ("PATCH", "DELETE")]
        _KEPT[id(two)] = [*found, *logins(tenant), *own()]
    return _KEPT[id(two)]
