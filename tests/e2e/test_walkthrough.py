"""The walk-through of Contoso as a new user runs it: twice, the second time after `kill -9`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT, Running, running

SCRIPT = ROOT / "examples" / "contoso" / "walkthrough.py"
STEPS = (
    "ana  uploads the breast-cancer data",
    "ana  submits three training jobs",
    "ana  streams the first one's log",
    "ana  has three trained forests",
    "ana  compares the runs",
    "ana  registers the best model",
    "ana  downloads it and predicts",
    "ana  is refused in production",
    "pat  sees every workspace",
    "pat  sees who trained what",
    "pat  sees who registered the model",
)


@pytest.mark.sandbox
def test_the_walk_through_goes_through_twice_also_after_everything_was_killed(tmp_path: Path):
    with running(tmp_path / "data") as estate:
        first = walk(estate)
        assert "breast-cancer-forest version 1" in first
        estate.kill_api()
        estate.kill_agents()
        estate.start()
        second = walk(estate)
        assert "breast-cancer-forest version 2" in second
        estate.stop()


def walk(estate: Running) -> str:
    """What it prints. A real job environment is built, so it may take a minute."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env=estate.environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert [step for step in STEPS if step not in done.stdout] == []
    assert "11 steps" in done.stdout
    assert "all done" in done.stdout
    return done.stdout
