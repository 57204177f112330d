"""An estate whose own database is lost for good, while its regions are whole. In processes of its
own: what is refused, accepted and served is told by the command line alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.running import CONTOSO, Running

pytestmark = pytest.mark.timeout(180)


def test_the_file_makes_it_what_it_was_around_what_the_region_still_has(tmp_path: Path):
    estate = Running(tmp_path / "data")
    try:
        estate.start()
        given = ("put", "environment", "mine", "--workspace", "mlw-fraud-dev", "--file", "-")
        subprocess.run(
            [*estate.command, *given], env=estate.environment, input=b"{}", check=True,
        )  # fmt: skip
        estate.stop()
        for file in estate.data.glob("estate.db*"):
            file.unlink()
        told = estate.mlestate("audit", "accept")
        assert "the end is cut off" in told
        assert "resources that are there: the next start finds them" in told
        estate.file = None
        estate.start()
        estate.mlestate("apply", str(CONTOSO))
        assert "nothing to do" in estate.mlestate("plan", str(CONTOSO))
        assert "mlw-fraud-dev" in estate.mlestate("list", "workspace")
        assert "cpu-cluster" in estate.mlestate("list", "compute", "--workspace", "mlw-fraud-dev")
        assert "mine" in estate.mlestate("list", "environment", "--workspace", "mlw-fraud-dev")
        assert estate.mlestate("audit", "verify").rstrip().endswith("whole")
    finally:
        estate.end()
