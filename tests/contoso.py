"""The access matrix of Contoso, as `tests/access/contoso.yaml` says it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FILE = Path(__file__).parent / "access" / "contoso.yaml"


class Expected(NamedTuple):
    ability: str
    environment: str
    workspace: str
    person: str
    allowed: bool


def expected() -> Iterator[Expected]:
    said = _read()
    for ability, row in said["abilities"].items():
        for environment, letters in row.items():
            assert len(letters) == len(said["people"]), (ability, environment)
            for (letter, person), written in zip(said["people"].items(), letters, strict=True):
                assert written in (letter, "."), (ability, environment, letters)
                workspace = said["workspaces"][environment]
                yield Expected(ability, environment, workspace, person, written == letter)


def people() -> list[str]:
    return list(_read()["people"].values())


def workspaces() -> dict[str, str]:
    """By environment."""
    return dict(_read()["workspaces"])


@cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found
