"""A server for the agent's tests: the real agents' API over SQLite, and a tiny blob store.

Everything it knows is on disk below DIR, so that it may be killed and started again.
`python -m tests.e2e.agent.server DIR PORT`
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mlestate.api.agents import ACTION, Agents
from mlestate.core.access import Caller, Grant, Permission, Rights, Role
from mlestate.core.errors import Forbidden, NotFound, PlatformError, Unauthenticated
from mlestate.runtime.dispatch import Dispatch
from mlestate.runtime.nodes import Pool
from mlestate.runtime.protocol import JobSpec, Report
from mlestate.store.database import Database
from mlestate.store.leases import Leases, metadata

TOKEN = "agent-secret"
STATUS = {Unauthenticated: 401, Forbidden: 403, NotFound: 404}
RIGHTS = Rights([Grant("/", Role("r", "agent", (Permission(actions=(ACTION,)),)))])


class Jobs:
    def __init__(self, path: Path):
        self._path = path

    def spec(self, job: str) -> JobSpec:
        if (self._path / "revoked").exists():
            raise Forbidden("whoever submitted the job is gone", code="SubmitterGone")
        return msgspec.json.decode((self._path / "specs" / job).read_bytes(), type=JobSpec)

    def report(self, report: Report) -> None:
        with (self._path / "reports").open("ab") as file:
            file.write(msgspec.json.encode(report) + b"\n")


def authenticate(headers: object) -> Caller:
    if headers.get("authorization") != f"Bearer {TOKEN}":  # type: ignore[attr-defined]
        raise Unauthenticated("no token")
    return Caller("agent", "agent", "ServicePrincipal", RIGHTS)


class Store:
    """As much of Blob Storage as the agent uses; a blob is a file whose name is percent-encoded."""

    def __init__(self, path: Path):
        self._path = path
        path.mkdir(exist_ok=True)

    async def serve(self, request: Request) -> Response:
        revoked = (self._path.parent / "revoked").exists()
        if request.query_params.get("sig") != "key" or revoked:
            return Response("no", 403)
        name, comp = request.path_params.get("name", ""), request.query_params.get("comp", "")
        if comp == "list":
            return self._list(request.query_params["prefix"])
        path = self._path / name.replace("/", "%2F")
        if request.method in ("GET", "HEAD"):
            return self._get(path, request)
        return await self._put(path, comp, request)

    def _list(self, prefix: str) -> Response:
        blobs = "".join(
            f"<Blob><Name>{escape(name)}</Name><Properties><Content-Length>{one.stat().st_size}"
            "</Content-Length></Properties></Blob>"
            for one in sorted(self._path.iterdir())
            if (name := one.name.replace("%2F", "/")).startswith(prefix)
        )
        return Response(
            f"<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>"
        )

    def _get(self, path: Path, request: Request) -> Response:
        if not path.exists():
            return Response(status_code=404, headers={"x-ms-error-code": "BlobNotFound"})
        body = path.read_bytes()
        if request.method == "HEAD":
            return Response(headers={"Content-Length": str(len(body))})
        first, _, last = request.headers["x-ms-range"].removeprefix("bytes=").partition("-")
        return Response(body[int(first) : int(last) + 1], 206)

    async def _put(self, path: Path, comp: str, request: Request) -> Response:
        body = await request.body()
        if comp == "appendblock":
            if path.stat().st_size != int(request.headers["x-ms-blob-condition-appendpos"]):
                return Response(status_code=412)
            with path.open("ab") as file:
                file.write(body)
        elif comp == "block":
            path.with_name(f"{path.name}?{request.query_params['blockid']}").write_bytes(body)
        elif comp == "blocklist":
            names = [one.text for one in ElementTree.fromstring(body).iter("Latest")]
            parts = [path.with_name(f"{path.name}?{name}").read_bytes() for name in names]
            path.write_bytes(b"".join(parts))
        else:
            path.write_bytes(body)
        return Response(status_code=201)


def build(path: Path) -> Starlette:
    database = Database(f"sqlite:///{path}/leases.db")
    database.create(metadata)
    dispatch = Dispatch(Leases(database), Jobs(path), time.time)
    dispatch.open_region("here", Pool("serverless", 0, 4, 0))

    async def enqueue(request: Request) -> Response:
        job = request.path_params["job"]
        (path / "specs" / job).write_bytes(await request.body())
        dispatch.enqueue("here", job, "serverless")
        return JSONResponse({})

    async def cancel(request: Request) -> Response:
        return JSONResponse({"waiting": dispatch.cancel("here", request.path_params["job"])})

    async def whoami(request: Request) -> Response:
        return JSONResponse({"token": request.headers.get("authorization", "")})

    def refuse(_: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error)}, STATUS.get(type(error), 400))

    store = Store(path / "blobs")
    return Starlette(
        routes=[
            *Agents(authenticate, dispatch).routes(),
            Route("/test/enqueue/{job}", enqueue, methods=["POST"]),
            Route("/test/cancel/{job}", cancel, methods=["POST"]),
            Route("/whoami", whoami),
            Route("/blobs", store.serve, methods=["GET"]),
            Route("/blobs/{name:path}", store.serve, methods=["GET", "HEAD", "PUT"]),
        ],
        exception_handlers={PlatformError: refuse},
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "specs").mkdir(exist_ok=True)
    (folder / "server.pid").write_text(json.dumps(os.getpid()))
    uvicorn.run(build(folder), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
