"""Databases for tests: SQLite in a folder, and a PostgreSQL server of our own on 127.0.0.1."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.blob_house import free_port


def postgres_programs() -> Path:
    """Where `initdb` and `pg_ctl` are; skips, and says so, where they aren't."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not installed:
        pytest.skip("PostgreSQL's programs (initdb, pg_ctl) are not installed: NOT TESTED on it")
    return installed[-1].parent


@contextmanager
def postgres() -> Iterator[str]:
    """A server's URL, without a database's name. It ends with the block."""
    programs = postgres_programs()
    folder, become = _home()
    port = free_port()
    options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories={folder}"

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, preexec_fn=become, cwd=folder
        )

    try:
        run("initdb", "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://tester@127.0.0.1:{port}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _home() -> tuple[Path, Callable[[], None] | None]:
    """A folder, and how the programs become an ordinary user: they refuse to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    if os.geteuid() != 0:
        return folder, None
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)

    def become() -> None:
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    return folder, become
