"""The JSON Schema that editors complete and check by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mlestate.estate.reading import reference, schema
from tests.estates import broken

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted(ROOT.glob("examples/*/estate.yaml"))


def faults(document: Any) -> list[str]:
    found = jsonschema.Draft202012Validator(schema.schema()).iter_errors(document)
    return [".".join(map(str, fault.absolute_path)) for fault in found]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_an_example_is_as_the_schema_says(file: Path):
    jsonschema.Draft202012Validator.check_schema(schema.schema())
    # To an editor a day is text, as in JSON.
    document = json.loads(json.dumps(yaml.safe_load(file.read_text()), default=str))
    assert faults(document) == []


def test_an_editor_marks_what_the_loader_would_refuse():
    text = broken(
        ("home: westeurope", "home: westeurop"),
        ("size: Standard_DS3_v2", "size: Small"),
        ("workspacePer: project", "workspacePer: projekt"),
        ("name: Ana", "label: Ana"),
        ("people:\n", "assignments: {audit: {role: Reader, at: one, to: []}}\npeople:\n"),
    )
    assert faults(yaml.safe_load(text)) == [
        "regions.home",
        "environments.dev.computes.cpu.size",
        "people.ana",
        "people.ana",
        "assignments.audit.to",
        "divisions.claims.workspacePer",
    ]


def test_one_stands_for_a_list_of_one_in_both():
    assert faults(yaml.safe_load(broken(("[science]", "science")))) == []


def test_a_part_may_leave_out_what_another_file_says():
    part = {"divisions": {"claims": {"projects": {"churn": {}}}}}
    validator = jsonschema.Draft202012Validator(schema.part())
    assert list(validator.iter_errors(part)) == []
    assert list(validator.iter_errors({"include": ["x.yaml"]}))


def test_a_file_that_includes_others_may_leave_the_same_to_them():
    alone = {"schema": 1, "id": "small"}
    assert faults(alone) == [""] * 5
    assert faults({**alone, "include": "parts/*.yaml"}) == []


def test_every_key_is_described():
    silent = [
        f"{name}.{key}"
        for name, said in schema.schema()["$defs"].items()
        for key, value in said["properties"].items()
        if not value.get("description")
    ]
    assert silent == []


def test_the_committed_pages_are_what_the_types_say():
    folder = ROOT / "docs" / "reference"
    assert json.loads((folder / "estate.schema.json").read_text()) == schema.schema()
    assert (folder / "estate-file.md").read_text() == reference.page()
