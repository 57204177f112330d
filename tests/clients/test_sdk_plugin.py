"""MLflow's plug-in for Azure ML, in an environment of its own: it is not to be mixed with ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.stage import WORKSPACE
from tests.running import running

HERE = Path(__file__).parent
UV = Path(sys.executable).parent / "uv"


@pytest.mark.timeout(600)
def test_the_plug_in_logs_registers_and_loads_through_the_workspaces_own_address(tmp_path: Path):
    home = tmp_path / "venv"
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, home], check=True)
    python, wanted = home / "bin" / "python", HERE / "azureml-mlflow.txt"
    install = [UV, "pip", "install", "--quiet", "--no-deps", "--python", python, "-r", wanted]
    subprocess.run(install, check=True)
    with running(tmp_path / "data") as estate:
        variables = estate.variables("ana", WORKSPACE)
        variables.pop("PYTHONPATH", None)
        done = subprocess.run(
            [python, HERE / "plugin_act.py"],
            env=variables,
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
    assert done.returncode == 0, done.stdout + done.stderr
