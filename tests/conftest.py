"""Fixtures that several suites share."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres

# Where it is set, every child process compiles everything anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# What a shell runs in the background ignores Ctrl-C, and its children with it: ours are to hear it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# That the machine is slow is no fault of what is tested.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    if postgres.programs() is None:
        pytest.skip("PostgreSQL's programs are missing: apt-get install postgresql")
    # Not under pytest's own folder: each run that starts takes other users' access to that away,
    # and PostgreSQL's user is another one.
    with (
        tempfile.TemporaryDirectory(prefix="mlestate-postgres-") as folder,
        postgres.server(Path(folder)) as base,
    ):
        yield base


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once per engine that we support."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    return postgres.fresh_database(request.getfixturevalue("postgres_server"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is installed (`MLESTATE_NO_SKIP`), a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("MLESTATE_NO_SKIP") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("skipped tests count as failures here", red=True)
