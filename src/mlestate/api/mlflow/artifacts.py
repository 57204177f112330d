"""`mlflow-artifacts/…` (the proxy that plain clients use) and `artifacts/list` of a run."""

from __future__ import annotations

import mimetypes
import re
from urllib.parse import quote

import msgspec

from ...core.errors import NotFound, RangeNotSatisfiable
from ...tracking import runs
from . import answers
from .address import RUNS_FOLDER, artifact_path
from .errors import NotOffered
from .request import Request


class _List(msgspec.Struct):
    path: str = ""
    run_id: str = ""
    run_uuid: str = ""


async def upload(request: Request) -> bytes:
    path = artifact_path(request.params["path"])
    await request.artifacts.put(request.caller, request.workspace, path, request.stream())
    await request.record_artifact(path)
    return answers.EMPTY


async def download(request: Request) -> None:
    """Streams; the answer is sent here, piece by piece."""
    path = artifact_path(request.params["path"])
    found = await request.artifacts.open(request.caller, request.workspace, path)
    if found is None:
        raise NotFound(f"No artifact at `{path}`.")
    await request.record_artifact(path)
    wanted = byte_range(request.header(b"range"), found.size)
    start, end = wanted or (0, found.size)
    headers = [
        (b"content-type", (mimetypes.guess_type(path)[0] or "application/octet-stream").encode()),
        (b"content-length", b"%d" % (end - start)),
        (b"accept-ranges", b"bytes"),
        # A browser must not run what someone logged.
        (b"content-disposition", b"attachment"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if wanted:
        headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, found.size)))
    status = 206 if wanted else 200
    await request.send({"type": "http.response.start", "status": status, "headers": headers})
    if request.scope["method"] != "HEAD":
        async for piece in found.read(start, end):
            await request.send({"type": "http.response.body", "body": piece, "more_body": True})
    await request.send({"type": "http.response.body", "body": b""})


async def listing(request: Request) -> bytes:
    path = artifact_path(request.query(_List).path, folder=True)
    await request.record_artifact(path)
    files = await request.artifacts.list(request.caller, request.workspace, path)
    return answers.encode({"files": [_file(one.path, one) for one in files]})


async def delete(request: Request) -> bytes:
    path = artifact_path(request.params["path"])
    await request.artifacts.delete(request.caller, request.workspace, path)
    await request.record_artifact(path)
    return answers.EMPTY


async def of_run(request: Request) -> bytes:
    asked = request.query(_List)
    run_id, inside = asked.run_id or asked.run_uuid, asked.path.strip("/")
    info = await request.store.reading(lambda session: runs.info(session, request.key, run_id))
    path = artifact_path(f"{RUNS_FOLDER}/dcid.{run_id}/{inside}", folder=True)
    await request.record_artifact(path)
    files = await request.artifacts.list(request.caller, request.workspace, path)
    head = f"{inside}/" if inside else ""
    return answers.encode(
        {
            "root_uri": request.roots.run(run_id, quote(info.experiment, safe="")),
            "files": [_file(head + one.path, one) for one in files],
        }
    )


async def multipart(request: Request) -> bytes:
    # Clients look for these very words, and then send the file in one piece.
    raise NotOffered("Multipart upload is not supported for the current artifact repository")


async def presigned(request: Request) -> bytes:
    raise NotOffered("Presigned download is not supported for the current artifact repository")


async def presigned_upload(request: Request) -> bytes:
    raise NotOffered("Presigned upload is not supported for the current artifact repository")


def byte_range(text: str, size: int) -> tuple[int, int] | None:
    """One range, as (start, end); anything fancier is answered with the whole."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", text.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
    if start >= end:
        raise RangeNotSatisfiable(f"The range `{text}` is not within {size} bytes.")
    return start, end


def _file(path: str, one: object) -> dict[str, object]:
    body = msgspec.to_builtins(one)
    size = {"file_size": body["file_size"]} if body["file_size"] is not None else {}
    return {"path": path, "is_dir": body["is_dir"], **size}
