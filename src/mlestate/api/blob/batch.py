"""Many deletes in one request: a multipart body of small requests, each authorized for itself."""

from __future__ import annotations

from email.message import Message
from email.parser import Parser
from http import HTTPStatus
from uuid import uuid4

from ...core.errors import Invalid
from .answer import Answer
from .call import Call
from .request import PATH, Request, build

MOST_PARTS = 256


def batch(call: Call) -> Answer:
    boundary = f"batchresponse_{uuid4()}"
    answers = [
        (part_id, _perform(call, part)) for part_id, part in _parts(call.request, call.document)
    ]
    body = b"".join(
        b"--%b\r\nContent-Type: application/http\r\nContent-ID: %b\r\n\r\n%b\r\n"
        % (boundary.encode(), part_id.encode(), _http(answer))
        for part_id, answer in answers
    )
    headers = {"Content-Type": f"multipart/mixed; boundary={boundary}"}
    return Answer(202, headers, body + b"--%b--\r\n" % boundary.encode())


def _perform(call: Call, part: bytes) -> Answer:
    request = _request(call.request, part)
    allowed = request.method == "DELETE" or request.comp == "tier"
    if not allowed or not request.address.blob:
        raise Invalid("A batch may delete blobs or set tiers.", code="InvalidInput")
    outer = call.address
    if request.address.account != outer.account:
        raise Invalid("A batch stays in one account.", code="InvalidInput")
    if outer.container and request.address.container != outer.container:
        raise Invalid("A batch on a container stays in it.", code="InvalidInput")
    return call.perform(request)


def _parts(request: Request, body: bytes) -> list[tuple[str, bytes]]:
    head = f"Content-Type: {request.header('content-type')}\r\n\r\n"
    message = _read(head.encode("latin-1") + body)
    if not message.is_multipart():
        raise Invalid("The body is no multipart/mixed.", code="InvalidInput")
    found = [(_id(part, i), _content(part)) for i, part in enumerate(message.get_payload())]
    if len(found) > MOST_PARTS:
        raise Invalid(
            f"A batch has {MOST_PARTS} parts at most.", code="ExceedsMaxBatchRequestCount"
        )
    return found


def _read(text: bytes) -> Message:
    """Read as Latin-1, all of its headers are texts."""
    return Parser().parsestr(text.decode("latin-1"))


def _id(part: Message, number: int) -> str:
    said = str(part["Content-ID"] or number)
    return said if said.isascii() and said.isprintable() else str(number)


def _content(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    if not isinstance(found, bytes):
        raise Invalid("A part of the batch has parts of its own.", code="InvalidInput")
    return found


def _request(outer: Request, part: bytes) -> Request:
    line, _, rest = part.lstrip().partition(b"\n")
    try:
        method, target, _ = line.decode("latin-1").split()
    except ValueError:
        raise Invalid("A part of the batch is no request.", code="InvalidInput") from None
    headers = {key.lower(): str(value) for key, value in _read(rest).items()}
    path, _, query = target.partition("?")
    path = "/" + path.lstrip("/")
    if outer.path.startswith(PATH) and not path.startswith(PATH):
        path = PATH + outer.path.split("/", 3)[2] + path
    headers["host"] = outer.host
    return build(method, outer.scheme, path, query, headers, outer.client, outer.trail)


def _http(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{key}: {value}" for key, value in answer.headers.items()]
    lines.append(f"Content-Length: {len(answer.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + answer.body
