"""The access matrix of Contoso by real calls of official clients, each person in a process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.clients.acts_of_access import play
from tests.clients.stage import Stage, staged
from tests.contoso import expected, people, workspaces

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory) as one:
        # Everybody may read this one, which the variables of a process name.
        one.workspace = "mlw-fraud-qa"
        yield one


def places(stage: Stage) -> dict[str, dict[str, str]]:
    found = json.loads(stage.estate.mlestate("list", "workspace", "-o", "json"))
    known = {row["name"]: row for row in found}
    return {
        environment: {
            "id": known[name]["id"],
            "storage": known[name]["properties"]["storageAccount"],
        }
        for environment, name in workspaces().items()
    }


def test_everybody_can_do_by_sdk_what_the_matrix_says_and_nothing_else(
    stage: Stage, tmp_path: Path
):
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps(places(stage)))

    def as_person(name: str) -> dict[str, dict[str, bool]]:
        answered = tmp_path / f"{name}.json"
        stage.play(name, play, str(asked), str(answered))
        found: dict[str, dict[str, bool]] = json.loads(answered.read_text())
        return found

    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(people(), pool.map(as_person, people()), strict=True))
    wrong = [
        each
        for each in expected()
        if found[each.person][each.environment][each.ability] != each.allowed
    ]
    assert not wrong, "\n".join(map(str, wrong))
