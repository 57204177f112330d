"""Whatever somebody asks who holds nothing in bo's workspace: no fault of ours, nothing of bo's."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlestate.catalog import CATALOG
from tests.access.asking import Request
from tests.access.cases import cases
from tests.access.leaks import leaked
from tests.access.two_workspaces import A, B, Two, quoted

METHODS = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]
WORDS = [
    *sorted({word for kind in CATALOG for word in kind.name.split("/")}),
    *("providers", "subscriptions", "resourceGroups", "locations", "operationsStatus", "versions"),
    *("mlflow", "v1.0", "api", "2.0", "history", "runs", "artifacts", "_blob", "estate", "v1"),
    *("..", ".", "", "%2e%2e", "%2F", "%00", "%C3%28", "*", "numbat-data", "1", "x"),
    *(f"st{A.mark}", f"mlw-{A.mark}", f"rg-{A.mark}", f"st{B.mark}", f"mlw-{B.mark}"),
]
HEADS = [
    head
    for place in (A, B)
    for head in (place.workspace, place.group, place.account, place.mlflow, place.blobs)
]
HEADS += [f"/history/v1.0{A.workspace}", f"/history/v1.0{B.workspace}", "", "/", "/estate/v1"]
QUERIES = ["", "comp=list", "restype=container&comp=list", "$top=²", "$skipToken=x", "path=../x"]
BODIES: list[Any] = [None, {}, [], "x", 1, b"{", b"\xff", {"properties": {}}, {"properties": [1]}]
FEW = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

segments = st.one_of(st.sampled_from(WORDS), st.text(max_size=8).map(quoted))
targets = st.builds(
    lambda head, tail, query: (
        "/".join([head, *tail]) + (f"?{quote(query, safe='=&$')}" if query else "")
    ),
    st.sampled_from(HEADS),
    st.lists(segments, max_size=6),
    st.one_of(st.sampled_from(QUERIES), st.text(max_size=12)),
)


@given(
    st.sampled_from(METHODS),
    targets.filter(lambda target: target.startswith("/")),
    st.sampled_from(BODIES),
)
@FEW
def test_no_address_and_no_method_opens_bos_things(two: Two, method: str, target: str, body: Any):
    request = Request(method, target, body)
    answer = two.ask("eve", request)
    assert answer.status < 500 or answer.status == 501, answer.text
    assert leaked(two.bo, request, answer) == set()
    path = target.partition("?")[0]
    if path.startswith((A.workspace, A.account, A.mlflow, A.blobs)):
        assert answer.status >= 400, answer.text


@given(st.data())
@FEW
def test_no_change_to_a_real_request_opens_them(two: Two, data: st.DataObject):
    """One of the table's own requests, with a word of its path put elsewhere or spelled anew."""
    rows = sorted(cases(two.bo).items(), key=lambda pair: pair[0])
    _, case = data.draw(st.sampled_from(rows))
    path, mark, query = case.request.target.partition("?")
    words = path.split("/")
    place = data.draw(st.integers(1, len(words) - 1))
    words[place] = data.draw(
        st.one_of(
            segments,
            st.sampled_from([words[place].upper(), f"/{words[place]}", f"{words[place]}%2f.."]),
        )
    )
    request = Request(
        data.draw(st.sampled_from([case.request.method, *METHODS])),
        "/".join(words) + mark + query,
        case.request.body,
        case.request.headers,
    )
    answer = two.ask("eve", request)
    assert answer.status < 500 or answer.status == 501, answer.text
    assert leaked(two.bo, request, answer) == set()
