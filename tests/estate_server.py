"""A small estate over plain HTTP: enough of the addresses for the client and the command line."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mlestate.core.errors import PlatformError, Stale
from mlestate.estate.planning.record import COLLECTION
from tests.estates import Memory

KINDS = {"users": "User", "groups": "Group", "servicePrincipals": "ServicePrincipal"}
Answer = tuple[int, Any, dict[str, str]]


class Estate(Memory):
    """What the server holds; `slow` types answer 202 and are done after so many polls."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, str]] = []
        self.tokens_given = 0
        self.accepted: set[str] = set()
        self.secrets = {"admin": "s3cret"}
        self.slow_polls = 0
        self.polls: dict[str, int] = {}
        self.delay = 0.0
        self.page = 1000
        self.answers: dict[tuple[str, str], list[Answer]] = {}

    def script(self, method: str, path: str, *answers: Answer) -> None:
        """The next answers of an address, before it goes on as always."""
        self.answers[method, path] = list(answers)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small answers go out at once: without this each waits for the other side's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    do_PUT = do_POST = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""

    def _answer(self) -> None:
        estate = self.server.estate
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        url = urlsplit(self.path)
        estate.requests.append((self.command, url.path))
        time.sleep(estate.delay)
        status, document, headers = self._route(url.path, parse_qs(url.query), body)
        content = document if isinstance(document, bytes) else _encoded(document)
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)

    def _route(self, path: str, query: dict[str, list[str]], body: bytes) -> Answer:
        estate = self.server.estate
        if scripted := estate.answers.get((self.command, path)):
            return scripted.pop(0)
        if path.endswith("/oauth2/v2.0/token"):
            return self._token(parse_qs(body.decode()))
        token = self.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in estate.accepted:
            return refused(401, "InvalidAuthenticationToken", "the token is not valid")
        if path == "/estate/v1/resources":
            return self._resources(query, body)
        if path == "/estate/v1/operations":
            return self._several(query["ids"][0].split(","))
        if path == "/estate/v1/contents":
            return 200, estate.contents(query["id"][0]), {}
        if path.startswith("/estate/v1/") and path.count("/") == 3 and path.split("/")[3] in KINDS:
            return self._principals(path)
        if path.endswith("/secrets"):
            user = path.split("/")[-2]
            estate.secrets[user] = f"secret of {user}"
            made = {"clientId": user, "secret": estate.secrets[user], "tenant": "t"}
            return 201, made, {}
        return self._resource(path, json.loads(body) if body else {})

    def _resources(self, query: dict[str, list[str]], body: bytes) -> Answer:
        if self.command == "POST":
            return 200, {"value": list(map(self._one, json.loads(body)["value"]))}, {}
        if "id" in query:
            found = map(self.server.estate.get, query["id"])
            return 200, {"value": [each for each in found if each]}, {}
        return self._page(query)

    def _one(self, put: dict[str, Any]) -> dict[str, Any]:
        """One of many PUTs, as it is answered alone."""
        estate = self.server.estate
        if scripted := estate.answers.get(("PUT", put["id"])):
            status, document, headers = scripted.pop(0)
        else:
            status, document, headers = self._resource(put["id"], put["body"], "PUT")
        return {"id": put["id"], "status": status, "headers": headers, "body": document}

    def _several(self, places: list[str]) -> Answer:
        """By the ends of their addresses."""
        paths = [f"/operations/{each.rpartition('/')[2]}" for each in places]
        polled = [self._resource(path, {}, "GET")[1] for path in paths]
        rows = [{"id": each, **row} for each, row in zip(places, polled, strict=True)]
        return 200, {"value": rows}, {"retry-after": "0.01"}

    def _token(self, form: dict[str, list[str]]) -> Answer:
        estate = self.server.estate
        if estate.secrets.get(form["client_id"][0]) != form["client_secret"][0]:
            wrong = {"error": "invalid_client", "error_description": "the secret is wrong"}
            return 401, wrong, {}
        estate.tokens_given += 1
        token = f"token {estate.tokens_given}"
        estate.accepted.add(token)
        return 200, {"access_token": token, "expires_in": 3600}, {}

    def _page(self, query: dict[str, list[str]]) -> Answer:
        estate = self.server.estate
        start = int(query.get("skip", ["0"])[0])
        types = query["types"][0].split(",")
        assert not [each for each in types if each.startswith("mlestate/")]
        rows = [d for key, d in estate.documents.items() if not key.startswith("/estate/")]
        page: dict[str, Any] = {"value": rows[start : start + estate.page]}
        if start + estate.page < len(rows):
            rest = f"types={query['types'][0]}&skip={start + estate.page}"
            link = f"{self.server.origin}/estate/v1/resources?{rest}"
            page["nextLink"] = link
        return 200, page, {}

    def _principals(self, path: str) -> Answer:
        """As the directory lists them: in the words of a PUT, with their names and kinds."""
        kind = KINDS[path.split("/")[3]]
        rows = [
            {**each, "kind": kind, "name": each["id"].rsplit("/", 1)[-1]}
            for each in self.server.estate.list(path)
        ]
        return 200, {"value": rows}, {}

    def _resource(self, path: str, body: dict[str, Any], command: str = "") -> Answer:
        estate, command = self.server.estate, command or self.command
        if path.startswith("/operations/"):
            return self._poll(path)
        if path.startswith(COLLECTION) and command in ("PUT", "PATCH"):
            return self._record(path, body)
        if command == "PUT":
            document = estate.put(path, body)
            if estate.slow_polls and path.split("/")[-2] == "workspaces":
                operation = f"/operations/{len(estate.polls)}"
                estate.polls[operation] = estate.slow_polls
                link = self.server.origin + operation
                return 202, document, {"azure-asyncoperation": link, "retry-after": "0.01"}
            return 200, document, {}
        if command == "DELETE":
            estate.delete(path)
            return 200, None, {}
        if found := estate.get(path):
            return 200, found, {}
        below = [d for d in estate.list(path) if d["id"].count("/") == path.count("/") + 1]
        if below or path == "/subscriptions" or ("/providers/" in path and path.count("/") % 2):
            rows = [{"name": each["id"].rsplit("/", 1)[-1], **each} for each in below]
            rows += _in_groups(estate, path)
            return 200, {"value": rows}, {}
        return refused(404, "ResourceNotFound", f"`{path}` is not there")

    def _record(self, path: str, body: dict[str, Any]) -> Answer:
        write = self.server.estate.amend if self.command == "PATCH" else self.server.estate.replace
        try:
            return 200, write(path, body, (self.headers.get("if-match") or "").strip('"')), {}
        except Stale as error:
            return refused(412, error.code, str(error))
        except PlatformError as error:
            return refused(409, error.code, str(error))

    def _poll(self, path: str) -> Answer:
        polls = self.server.estate.polls
        polls[path] -= 1
        status = "InProgress" if polls[path] > 0 else "Succeeded"
        return 200, {"status": status}, {"retry-after": "0.01"}


def _encoded(document: Any) -> bytes:
    return b"" if document is None else json.dumps(document).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, estate: Estate):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.estate = estate
        self.origin = f"http://127.0.0.1:{self.server_port}"


def refused(status: int, code: str, message: str, **more: Any) -> Answer:
    return status, {"error": {"code": code, "message": message, **more}}, {}


@contextmanager
def serving(estate: Estate) -> Iterator[str]:
    """The origin of a server of its own."""
    server = _Server(estate)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.origin
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _in_groups(estate: Estate, path: str) -> list[dict[str, Any]]:
    """A list by subscription: `/subscriptions/S/providers/N/T` shows all groups' resources."""
    subscription, _, collection = path.lower().partition("/providers/")
    return [
        {"name": document["id"].rsplit("/", 1)[-1], **document}
        for key, document in estate.documents.items()
        if key.startswith(f"{subscription}/resourcegroups/")
        and key.rpartition("/")[0].endswith(f"/providers/{collection}")
    ]
