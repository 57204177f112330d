"""Every part that is not ours stands in the page about them, with its licence."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "decisions" / "0013-chosen-parts.md").read_text()
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def required() -> list[str]:
    """What the project itself asks for: of Python and of npm."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    said = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    for group in project["dependency-groups"].values():
        said += [each for each in group if isinstance(each, str)]
    names = [_named(each) for each in said]
    for file in sorted(ROOT.glob("tests/*/package.json")):
        names += json.loads(file.read_text())["dependencies"]
    environments = (ROOT / "tests" / "clients" / "azure-cli.in").read_text().split()
    return sorted({*names, *(_named(each) for each in environments)})


def _named(requirement: str) -> str:
    found = _NAME.match(requirement)
    assert found is not None, requirement
    return found[0]


@pytest.mark.parametrize("name", required())
def test_every_part_stands_with_its_licence(name: str):
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    found = [row for row in rows if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", row)]
    assert found, f"{name} is not in the page"
    assert all(row.rstrip(" |").rpartition("|")[2].strip() for row in found)
