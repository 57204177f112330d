"""The table of addresses: complete, true to Azure's actions, and printed in the docs."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.routing import Route

from mlestate.api.addresses import page, table
from tests.access.cases import cases
from tests.access.two_workspaces import Two

DOCS = Path(__file__).parent.parent.parent / "docs" / "reference" / "addresses.md"
# The contract's, and the login itself.
ANONYMOUS = {"health", "cloud", "login"}


def test_the_docs_have_the_table_as_it_is():
    assert DOCS.read_text() == page(), "run `python -m mlestate.api.addresses > " + str(DOCS)


def test_no_row_is_there_twice():
    rows = [(row.method, row.path) for row in table()]
    assert len(rows) == len(set(rows))


def test_only_what_the_contract_leaves_open_is_anonymous():
    assert {row.part for row in table() if row.anonymous} == ANONYMOUS
    assert [row.path for row in table() if row.part == "health" and row.anonymous] == [
        "/healthz",
        "/readyz",
    ]


def test_every_other_row_has_an_action_or_is_about_the_caller():
    bare = {(row.method, row.path) for row in table() if not row.anonymous and not row.action}
    assert bare == {
        ("GET", "/estate/v1/me"),
        ("GET", "/estate/v1/openapi.json"),
        ("GET", "/estate/v1/resources"),
        ("GET", "/estate/v1/operations"),
        # Each PUT is authorized for itself.
        ("POST", "/estate/v1/resources"),
        ("GET", "/tenants"),
        ("GET", "/v1.0/me"),
        ("POST", "/v1.0/me/getMemberGroups"),
        # Whom one may not see is left out.
        ("POST", "/v1.0/directoryObjects/getByIds"),
        ("GET", "/estate/v1/search"),
        ("GET", "/estate/v1/search/views"),
        # As a read of what is asked about, whatever its type.
        ("GET", "/estate/v1/contents"),
        # For oneself, or as a read of the activity log there.
        ("GET", "/estate/v1/access/report"),
        ("POST", "/providers/Microsoft.ResourceGraph/resources"),
        # Who may read role assignments is told of others, all of themselves.
        ("GET", "/estate/v1/access/matrix"),
        ("GET", "/estate/v1/access/diff"),
        ("GET", "/estate/v1/access/abilities"),
        # Each part of a batch is authorized for itself.
        ("POST", "/_blob/{account}?comp=batch"),
        ("POST", "/_blob/{account}/{container}?restype=container&comp=batch"),
    }


@pytest.mark.parametrize("word", ["estate", "healthz", "metrics", "metadata", "v1.0"])
def test_every_route_that_is_served_is_in_the_table(two: Two, word: str):
    served = two.estate.app.by_word[word].routes  # type: ignore[attr-defined]
    known = {row.path for row in table()}
    assert {route.path for route in served if isinstance(route, Route)} <= known


def test_every_route_of_the_login_is_in_the_table(two: Two):
    served = two.estate.app.login.routes  # type: ignore[attr-defined]
    assert {route.path for route in served} <= {row.path for row in table()}


def test_no_address_reads_the_body_of_somebody_whom_it_does_not_know(two: Two):
    """However long it is, it would be kept in memory for nothing."""
    asked = [case.request for case in cases(two.bo).values()]
    for who in ("", "garbage"):
        answers = [(request, two.ask(who, request)) for request in asked]
        assert {answer.status for _, answer in answers} == {401}
        assert [request.target for request, answer in answers if answer.heard] == []
