"""Requests made from our own OpenAPI document, by the hundred: none is a fault of the server.

    MLESTATE_FUZZ=200 pytest tests/fuzz

asks so many times at each operation, with other requests each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case

from mlestate.api.openapi.document import document
from tests.access.asking import Request
from tests.access.two_workspaces import Two
from tests.fuzz.world import names

TIMES = int(os.environ.get("MLESTATE_FUZZ", "0"))
ORIGIN = "https://localhost:8443"
FEW = settings(
    max_examples=TIMES or 6,
    derandomize=not TIMES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    house = Two(tmp_path_factory.mktemp("fuzz"))
    try:
        yield house.build()
    finally:
        house.close()


def test_no_operation_of_the_document_is_answered_with_a_fault(two: Two):
    schema = schemathesis.openapi.from_dict(document())
    operations = [found.ok() for found in schema.get_all_operations()]
    known = names(two)
    for operation in sorted(operations, key=_harm):
        _probe(two, operation, known)


def _harm(operation: APIOperation) -> tuple[bool, bool]:
    """What takes things away, and what locks them, comes last: until then there is something to
    ask for."""
    return "locks" in operation.path, operation.method == "delete"


def _probe(two: Two, operation: APIOperation, known: Mapping[str, str]) -> None:
    """Of every three requests two are to what is there."""

    @FEW
    @given(case=operation.as_strategy(), there=st.sampled_from((True, True, False)))
    def ask(case: Case, there: bool) -> None:
        if there:
            case.path_parameters = {k: known.get(k, v) for k, v in case.path_parameters.items()}
        request = _request(case)
        answer = two.ask("admin", request)
        # 501 is what MLflow and Blob Storage say of what they do not offer.
        assert answer.status < 500 or answer.status == 501, (
            f"{request.method} {request.target}\n{answer.text}"
        )

    ask()


def _request(case: Case) -> Request:
    sent = requests.Request(**case.as_transport_kwargs(base_url=ORIGIN)).prepare()
    assert sent.method is not None
    assert sent.url is not None
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    headers = {name.lower(): str(value) for name, value in sent.headers.items()}
    for name in ("content-length", "authorization"):  # the caller is ours to say
        headers.pop(name, None)
    return Request(sent.method, sent.url.removeprefix(ORIGIN), body or b"", headers)
