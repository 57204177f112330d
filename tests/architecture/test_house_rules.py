"""Rules of the house that no linter knows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from mlestate.app.settings import Region, Settings

ROOT = Path(__file__).parents[2]
MOST_LINES = 400


def test_a_file_is_short_enough_to_be_read() -> None:
    lines = {file: len(file.read_text().splitlines()) for file in ROOT.glob("src/**/*.py")}
    # A revision is drafted by a program, and never changed again.
    written = {file: count for file, count in lines.items() if "migrations" not in file.parts}
    long = [f"{file}: {count}" for file, count in written.items() if count > MOST_LINES]
    assert len(written) > 100
    assert long == [], "more than one thing is in them"


def test_tests_are_packages_throughout() -> None:
    """Or two files of one name, in folders that are none, cannot be run together."""
    folders = {file.parent for file in ROOT.glob("tests/**/*.py")}
    assert [str(one) for one in folders if not (one / "__init__.py").exists()] == []


def test_every_package_of_the_lock_has_a_version_and_hashes_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    packages = [line for line in text.splitlines() if not line.startswith(" ")]
    assert [line for line in packages if not re.match(r"[a-z0-9.-]+==\S+ .*\\$", line)] == []
    assert text.count("--hash=sha256:") >= len(packages)


def test_what_the_project_needs_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements.lock").read_text(), re.M))
    wanted = {re.split(r"[\[<>=]", said)[0].lower() for said in project["dependencies"]}
    assert wanted - locked == set()


@pytest.mark.parametrize("kind", [Settings, Region])
def test_every_setting_is_used(kind: type[Settings] | type[Region]) -> None:
    text = "\n".join(file.read_text() for file in ROOT.glob("src/mlestate/app/*.py"))
    unused = [name for name in kind.__struct_fields__ if not re.search(rf"\w\.{name}\b", text)]
    assert unused == []
