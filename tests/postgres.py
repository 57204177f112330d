"""A PostgreSQL server of the tests' own: a loopback port, a temporary folder, ended by pid."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_port


def programs() -> Path | None:
    """The folder of initdb and pg_ctl: Debian's place, or the PATH's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


needs_postgres = pytest.mark.skipif(programs() is None, reason="PostgreSQL's programs are missing")


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A running server; yields the base URL, to which a database name is added."""
    bin = programs()
    assert bin is not None
    port, data = free_port(), folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    as_user = _not_root(folder)
    options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories={folder}"
    _run(
        as_user,
        bin / "initdb",
        "-D",
        data,
        "-U",
        "test",
        "--auth=trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "-N",
    )
    _run(as_user, bin / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
    try:
        yield f"postgresql+psycopg://test@127.0.0.1:{port}/"
    finally:
        _run(as_user, bin / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def fresh_database(base: str) -> str:
    """A new, empty database on the server; its URL for SQLAlchemy."""
    import psycopg

    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(base.replace("+psycopg", "") + "postgres", autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    return base + name


def _not_root(folder: Path) -> dict[str, int]:
    """PostgreSQL refuses to run as root: there it runs as its own user, or as nobody."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in known else "nobody")
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    for parent in folder.parents:
        if parent == Path("/tmp") or parent == parent.parent:
            break
        parent.chmod(parent.stat().st_mode | 0o055)
    return {"user": entry.pw_uid, "group": entry.pw_gid}


def _run(as_user: dict[str, int], *command: object) -> None:
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL, **as_user)
