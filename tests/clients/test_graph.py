"""Azure's own client of the resource graph, and the guide, on one estate."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import guide
from tests.clients.stage import Stage, refused, staged
from tests.running import COMMAND, ROOT

if TYPE_CHECKING:
    from azure.mgmt.resourcegraph import ResourceGraphClient

pytestmark = pytest.mark.timeout(180)
GUIDE = (ROOT / "docs" / "guides" / "query-resources.md").read_text()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory) as stage:
        yield stage


def test_the_guide_does_what_it_says(stage: Stage, tmp_path: Path):
    plain = stage.estate.environment
    path = f"{COMMAND.parent}:{plain['PATH']}"
    port = str(stage.estate.port)
    reader = guide.Reader(tmp_path, {**plain, "PATH": path, "MLESTATE_PORT": port})
    for step in guide.steps(GUIDE):
        reader.do(step)


def test_azures_client_asks_pages_and_counts(stage: Stage):
    stage.play("pat", ask, stage.estate.origin)


def test_a_scientist_sees_what_is_theirs(stage: Stage):
    stage.play("ana", ask_as_ana, stage.estate.origin)


def client(origin: str) -> ResourceGraphClient:
    from azure.identity import DefaultAzureCredential
    from azure.mgmt.resourcegraph import ResourceGraphClient

    return ResourceGraphClient(DefaultAzureCredential(), base_url=origin)


def ask(origin: str) -> None:
    from azure.mgmt.resourcegraph.models import (
        FacetRequest,
        FacetRequestOptions,
        QueryRequest,
        QueryRequestOptions,
        ResultFormat,
    )

    graph = client(origin)
    query = "Resources | project name, type | order by name asc"
    seen: list[str] = []
    token = None
    while True:
        options = QueryRequestOptions(top=10, skip_token=token)
        page = graph.resources(QueryRequest(query=query, options=options))
        seen += [row["name"] for row in page.data]
        assert page.result_truncated == ("true" if page.skip_token else "false")
        if not (token := page.skip_token):
            break
    assert (len(seen), seen) == (page.total_records, sorted(seen))
    table = QueryRequestOptions(result_format=ResultFormat.TABLE)
    counted = graph.resources(QueryRequest(query="Resources | count", options=table)).data
    assert counted["columns"] == [{"name": "Count", "type": "integer"}]
    assert counted["rows"] == [[len(seen)]]
    facets = [
        FacetRequest(expression="type", options=FacetRequestOptions(top=1)),
        FacetRequest(expression="nme"),
    ]
    found = graph.resources(QueryRequest(query="Resources", facets=facets)).facets
    assert found is not None
    first, second = found
    assert (first.result_type, first.count) == ("FacetResult", 1)
    assert (second.result_type, second.errors[1].code) == ("FacetError", "UnknownColumn")
    status, text = refused(lambda: graph.resources(QueryRequest(query="Resources | wher x")))
    assert (status, "did you mean `where`" in text) == (400, True), text
    mine = QueryRequest(query="Resources", subscriptions=[os.environ["AZURE_SUBSCRIPTION_ID"]])
    assert 0 < graph.resources(mine).total_records < len(seen)


def ask_as_ana(origin: str) -> None:
    from azure.mgmt.resourcegraph.models import QueryRequest

    def rows(query: str) -> list[dict[str, Any]]:
        data: list[dict[str, Any]] = client(origin).resources(QueryRequest(query=query)).data
        return data

    stages = {
        row["stage"] for row in rows("Resources | distinct stage = tostring(tags.environment)")
    }
    assert "dev" in stages
    assert "prod" not in stages
