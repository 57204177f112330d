"""Odd requests are refused in their protocol's own words. None is a fault of the server, and none
is answered with what a server could not send."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest

from tests.access import odd_blobs, odd_requests
from tests.access.asking import Answer, Request
from tests.access.odd_requests import LOG, MLFLOW
from tests.access.two_workspaces import A, Two

# As uvicorn refuses them, with the connection cut.
UNFIT = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
SORTS = ("asked_of_arm", "bodies", "queries", "tracked", "hosts", "logins")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    house = Two(tmp_path_factory.mktemp("odd"))
    try:
        yield house.build()
    finally:
        house.close()


@pytest.mark.parametrize("sort", SORTS)
def test_no_odd_request_is_a_fault_of_the_server(two: Two, sort: str):
    faults = [_fault(each, two.ask("admin", each)) for each in getattr(odd_requests, sort)(two)]
    assert faults
    assert not list(filter(None, faults))


@pytest.mark.parametrize(("who", "sort"), [("", "by_signature"), ("bo", "as_a_person")])
def test_no_odd_request_is_a_fault_of_the_store_of_blobs(two: Two, who: str, sort: str):
    some = list(getattr(odd_blobs, sort)(two))
    faults = [_fault(each, two.ask(who, each), status) for status, each in some]
    assert faults
    assert not list(filter(None, faults))


def test_what_a_signature_says_of_an_answer_fits_into_a_header(two: Two):
    text, fits = "a\r\nSet-Cookie: b=c", "inline"
    assert _delegated(two, text).status == 400
    assert _delegated(two, fits).headers["content-disposition"] == fits


def test_the_record_says_the_estates_own_origin(two: Two):
    for host, said in (
        ("bank-prod.example", "https://localhost:8443/"),
        ("localhost:8443@bank", "https://localhost:8443/"),
        ("localhost:1", "https://localhost:1/"),
        ("management.azure.com", "https://management.azure.com/"),
    ):
        target = f"{A.workspace}/jobs/odd-{hashlib.md5(host.encode()).hexdigest()[:8]}"
        assert two.ask("eve", Request("GET", target, None, {"host": host})).status == 403
        found = two.made(
            "admin", Request("GET", f"{LOG}?$filter={quote(f'''resourceUri eq '{target}' ''')}")
        )
        (event,) = found.json()["value"]
        assert event["httpRequest"]["uri"].startswith(said)


def test_the_record_takes_whatever_was_denied(two: Two):
    target = f"/history/v1.0{A.workspace}/%00%ff/nothing"
    assert two.ask("stranger", Request("GET", target)).status == 403
    two.made("admin", Request("GET", LOG))


def test_json_in_a_tag_of_a_model_is_its_writers_own_business(two: Two):
    told = two.made("bo", Request("GET", f"{MLFLOW}/logged-models/{two.bo.model}")).json()
    assert told["model"]["info"]["model_id"] == two.bo.model


def _delegated(two: Two, disposition: str) -> Answer:
    """Read by a signature of bo's that says how the answer is to be kept."""
    ends = (datetime.fromtimestamp(two.clock(), UTC) + timedelta(hours=1)).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
    wish = f"<KeyInfo><Expiry>{ends}</Expiry></KeyInfo>".encode()
    address = f"{A.blobs}?restype=service&comp=userdelegationkey"
    key = ElementTree.fromstring(two.made("bo", Request("POST", address, wish)).body)
    said = {
        "sp": "r",
        "st": "",
        "se": ends,
        "skoid": key.findtext("SignedOid") or "",
        "sktid": key.findtext("SignedTid") or "",
        "skt": key.findtext("SignedStart") or "",
        "ske": key.findtext("SignedExpiry") or "",
        "sks": "b",
        "skv": key.findtext("SignedVersion") or "",
        "sv": "2021-08-06",
        "sr": "c",
        "rscd": disposition,
    }
    name = f"/blob/st{A.mark}/{two.bo.container}"
    lines = [said["sp"], said["st"], said["se"], name]
    lines += [said[k] for k in ("skoid", "sktid", "skt", "ske", "sks", "skv")] + ["", "", ""]
    lines += ["", "", said["sv"], said["sr"], "", "", "", disposition, "", "", ""]
    secret = base64.b64decode(key.findtext("Value") or "")
    digest = hmac.new(secret, "\n".join(lines).encode(), hashlib.sha256).digest()
    said["sig"] = base64.b64encode(digest).decode()
    given = urlencode({name: value for name, value in said.items() if value})
    return two.ask("", Request("GET", f"{A.blobs}/{two.bo.container}/numbat/data.csv?{given}"))


def _fault(request: Request, answer: Answer, status: int | None = None) -> str:
    """What is wrong with an answer; empty where nothing is."""
    shown = f"{answer.status} {request.method} {request.target[:200]} {answer.text[:300]}"
    if answer.status >= 500 and answer.status != 501:
        return shown
    if any(UNFIT.search(value) for value in answer.headers.values()):
        return f"unfit headers: {shown}"
    if status not in (None, answer.status):
        return f"not {status}: {shown}"
    if not answer.body or answer.status < 400:
        return ""
    kind = answer.headers.get("content-type", "")
    if kind.startswith("application/xml"):
        ElementTree.fromstring(answer.body)
    elif not kind.startswith("text/html") and not isinstance(answer.json(), dict):
        return f"in no protocol's words: {shown}"
    return ""
