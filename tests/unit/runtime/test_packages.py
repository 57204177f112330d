"""What packages may not do while an environment is built of them, outside of any sandbox.

By uv itself, on wheels of a folder, since what it does with an environment is what counts.
"""

from __future__ import annotations

import hashlib
import subprocess
import threading
import time
from pathlib import Path

import pytest
import uv

from mlestate.runtime.environments import Recipe, recipe
from mlestate.runtime.local.venvs import Venv, Venvs
from mlestate.runtime.protocol import EnvironmentSpec
from tests.unit.runtime.wheels import wheel

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that uv takes for its index, as an operator may set it."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_OFFLINE", "1")
    return folder


def built(tmp_path: Path, recipe: Recipe) -> Venv:
    """With its libraries compiled, which goes on after the build."""
    venvs = Venvs(tmp_path / "environments", tmp_path / "cache", uv.find_uv_bin())
    with (tmp_path / "log").open("w+") as log:
        venv = venvs.ensure(recipe, log, threading.Event())
    deadline = time.monotonic() + 30
    while not list(venv.path.glob("lib/*/site-packages/*/__pycache__/*.pyc")):
        assert time.monotonic() < deadline, "nothing was compiled"
        time.sleep(0.02)
    venvs.close()
    return venv


@pytest.mark.parametrize("compiled_by_uv", ["0", "1"])
def test_code_that_a_package_has_run_at_every_start_does_not_run_outside(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled_by_uv: str
) -> None:
    monkeypatch.setenv("UV_COMPILE_BYTECODE", compiled_by_uv)
    ran = tmp_path / "ran"
    wheel(shelf, "hostile", {"hostile.pth": f"import os; open({str(ran)!r}, 'w')\n"})
    venv = built(tmp_path, Recipe(("hostile",)))
    assert not ran.exists()
    # It would have: whoever starts the environment's own interpreter runs it.
    subprocess.run([venv.path / "bin/python", "-I", "-c", ""], check=True)
    assert ran.exists()


def test_what_is_written_anew_is_what_uv_reads(shelf: Path, tmp_path: Path) -> None:
    digest = hashlib.sha256(wheel(shelf, "some_thing").read_bytes()).hexdigest()
    lines = (
        "--pre",
        "--extra-index-url https://localhost:1/simple",
        f"Some.Thing >=0.5, ~=1.0 ; python_version > '3' --hash=sha256:{digest}  # why",
    )
    venv = built(tmp_path, recipe(EnvironmentSpec(requirements=lines)))
    assert list(venv.path.glob("lib/*/site-packages/some_thing-1.0.dist-info"))
