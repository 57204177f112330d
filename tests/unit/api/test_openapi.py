"""The OpenAPI document: valid, complete, and true to the addresses that are served."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from mlestate.api.addresses import table
from mlestate.api.openapi.document import document
from mlestate.app.build import Estate
from mlestate.app.settings import Settings
from mlestate.catalog import CATALOG
from mlestate.control.tagging import TYPE as TAGS
from mlestate.core import ids

METHODS = {"get", "put", "post", "patch", "delete", "head", "options"}


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    return document()


def operations(said: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in said["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_every_type_of_the_catalog_can_be_read_written_and_listed(said: dict[str, Any]):
    arm = [
        (ids.read(path), method)
        for path, method, _ in operations(said)
        if path.startswith(("/subscriptions", "/providers"))
    ]
    every = {kind.name for kind in CATALOG if not kind.made_by}
    assert {*every, TAGS} == {one.id.type for one, method in arm if method == "put"}
    assert every <= {one.collection for one, method in arm if method == "get"}


def test_every_row_of_the_table_is_an_operation(said: dict[str, Any]):
    found = {(path, method) for path, method, _ in operations(said)}
    for row in table():
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", row.path.partition("?")[0])
        assert (path, row.method.lower()) in found


def test_every_list_that_is_computed_is_an_operation(said: dict[str, Any], tmp_path: Path):
    estate = Estate(tmp_path, Settings(dev=True), ["westeurope"])
    try:
        computed = set(estate.engine.computed)
    finally:
        estate.close()
    listed = [ids.read(path) for path, method, _ in operations(said)
              if method == "get" and path.startswith(("/subscriptions", "/providers"))]  # fmt: skip
    assert computed <= {one.collection.lower() for one in listed}


def test_what_an_address_needs_of_a_query_and_answers_is_said(said: dict[str, Any]):
    why = said["paths"]["/estate/v1/access/why"]["get"]
    needed = {one["name"] for one in why["parameters"] if one.get("required")}
    assert needed == {"action", "scope"}
    metrics = said["paths"]["/metrics"]["get"]["responses"]["2XX"]["content"]
    assert list(metrics) == ["text/plain"]


def test_no_operation_is_open_but_those_of_the_table(said: dict[str, Any]):
    bare = {path for path, _, operation in operations(said) if operation.get("security") == []}
    assert bare == {re.sub(r"\{(\w+):\w+\}", r"{\1}", row.path) for row in table() if row.anonymous}


def test_each_parameter_of_a_path_is_declared_once(said: dict[str, Any]):
    for path, item in said["paths"].items():
        declared = [one["name"] for one in item["parameters"]]
        assert sorted(declared) == sorted(set(re.findall(r"\{(\w+)\}", path)))


def test_every_schema_is_one_and_every_reference_leads_somewhere(said: dict[str, Any]):
    components = said["components"]["schemas"]
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "components": said["components"],
    }
    for name in components:
        jsonschema_rs.meta.validate({**whole, "$ref": f"#/components/schemas/{name}"})
    references = set(re.findall(r"#/components/schemas/[^'\"]+", str(said)))
    assert references <= {f"#/components/schemas/{name}" for name in components}


def test_a_job_that_the_catalog_takes_fits_the_schema(said: dict[str, Any]):
    schema = {"components": said["components"], "$ref": "#/components/schemas/CommandJob"}
    good = {"jobType": "Command", "command": "true", "environmentId": "x"}
    assert jsonschema_rs.is_valid(schema, good)
    assert not jsonschema_rs.is_valid(schema, {**good, "command": 1})
