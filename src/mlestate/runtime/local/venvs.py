"""Environments on disk: built by uv, once for the same needs, and shared by all jobs.

Only wheels are installed, so that no package's setup code runs outside a sandbox. Nor is an
environment's own interpreter ever started here once packages are in it: `site` would run what
their `.pth` files say. What packages need beside is theirs to say, so uv finds no program to fetch
it with, and nothing of this machine is taken for it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import IO

import msgspec

from ...core.errors import PlatformError
from ..environments import Recipe
from ..requirement import shown
from . import interpreters
from .uv_settings import settings

_KEEP = 12
_POLL = 0.2


class BuildFailed(PlatformError):
    """The environment cannot be built; the log has uv's own words."""

    code = "EnvironmentBuildFailed"


class _Origin(msgspec.Struct, frozen=True):
    """Of PEP 610."""

    url: str


class Venv(msgspec.Struct, frozen=True):
    path: Path
    interpreter: Path


class Venvs:
    """`root` and `cache` must be on one file system, or nothing can be hard-linked."""

    def __init__(self, root: Path, cache: Path, uv: str):
        self._root, self._cache, self._uv = root, cache, uv
        self._compiling: list[subprocess.Popen[bytes]] = []
        for path in (root, cache):
            path.mkdir(parents=True, exist_ok=True)
        root.chmod(0o755)
        self._settings = settings(os.environ, root / ".netrc")

    def ensure(self, recipe: Recipe, log: IO[str], stop: Event) -> Venv:
        """Built, or found. Whoever comes second for the same waits for the first.

        Raises BuildFailed, and Invalid for a Python that is not here.
        """
        interpreter = interpreters.find(recipe.python)
        path = self._root / recipe.digest(str(interpreter))
        for warning in recipe.warnings:
            log.write(f"WARNING: {warning}\n")
        with self._lock(path.name):
            if path.exists():
                log.write(f"Environment {path.name} is there already.\n")
            else:
                self._build(path, recipe, interpreter, log, stop)
        os.utime(path)
        return Venv(path, interpreter)

    def _build(
        self, path: Path, recipe: Recipe, interpreter: Path, log: IO[str], stop: Event
    ) -> None:
        new = path.with_name(f".{path.name}.new")
        if new.exists():
            shutil.rmtree(new)
        requirements = "\n".join(recipe.requirements)
        options = "".join(f" {option}" for option in recipe.options)
        log.write(f"Building environment {path.name} on {interpreter} with uv{options}:\n")
        log.write(f"{requirements}\n")
        # Relocatable, because it is renamed when it is whole.
        self._run(["venv", "--relocatable", "--python", str(interpreter), str(new)], "", log, stop)
        if recipe.requirements:
            # uv asks the interpreter about itself now, while there is nothing but uv's own in it.
            line = ["pip", "install", "--python", str(new / "bin/python"), "--no-compile-bytecode"]
            line += ["--only-binary", ":all:", *recipe.options, "--requirement", "-"]
            self._run(line, requirements, log, stop)
            _check_sources(new)
        new.rename(path)
        self._compile(path, interpreter)

    def _compile(self, path: Path, interpreter: Path) -> None:
        """Jobs cannot write the environment, and each would compile its libraries anew. This goes
        on beside the first job, at the lowest priority, so that it need not wait. The machine's
        interpreter reads the sources, without `site`, and imports nothing of them.
        """
        self._compiling = [child for child in self._compiling if child.poll() is None]
        line = ["nice", "-n", "19", str(interpreter), "-I", "-S", "-m", "compileall", "-qq"]
        child = subprocess.Popen(
            [*line, str(path / "lib")],
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            umask=0o022,
        )
        self._compiling.append(child)

    def close(self) -> None:
        """What is not compiled yet is compiled by those who use it."""
        for child in self._compiling:
            child.kill()
            child.wait()

    def _run(self, arguments: list[str], given: str, log: IO[str], stop: Event) -> None:
        log.flush()
        child = subprocess.Popen(
            [self._uv, "--no-progress", *arguments],
            env=self._environment(),
            cwd=self._root,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            umask=0o022,
            text=True,
        )
        try:
            _feed(child, given)
            while _still_runs(child):
                if stop.is_set():
                    raise BuildFailed("The agent was stopped while the environment was built.")
        finally:
            child.kill()
            child.wait()
        if child.returncode != 0:
            raise BuildFailed(
                "The environment cannot be built: uv could not install "
                f"{', '.join(given.splitlines()) or 'a Python'} (the build log says why)."
            )

    def _environment(self) -> dict[str, str]:
        return {
            **self._settings,
            # Neither git nor ssh: a package may ask for what they would fetch.
            "PATH": "/nonexistent",
            "UV_CACHE_DIR": str(self._cache),
            "UV_PYTHON_DOWNLOADS": "never",
        }

    def prune(self, used: Set[str], keep: int = _KEEP) -> list[str]:
        """Away with those not used for longest, beyond `keep`; never one of `used`."""
        built = [path for path in self._root.iterdir() if not path.name.startswith(".")]
        built.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        gone = [path for path in built[keep:] if path.name not in used]
        for path in gone:
            with self._lock(path.name):
                shutil.rmtree(path)
        return [path.name for path in gone]

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        with (self._root / f".{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _check_sources(venv: Path) -> None:
    """Raises BuildFailed where what is in it came neither from an index nor by HTTP."""
    for path in venv.glob("lib/*/site-packages/*.dist-info/direct_url.json"):
        try:
            origin = msgspec.json.decode(path.read_bytes(), type=_Origin)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BuildFailed(f"`{path.parent.name}` does not say where it is from.") from error
        if not origin.url.startswith(("https://", "http://")):
            raise BuildFailed(
                f"The environment cannot be built: a package needs `{path.parent.name}` from "
                f"`{shown(origin.url)}`, and packages are of an index or come by https."
            )


def _feed(child: subprocess.Popen[str], given: str) -> None:
    if child.stdin is None:
        raise ValueError("uv has no standard input")
    try:
        child.stdin.write(given)
        child.stdin.close()
    except BrokenPipeError:
        return  # it failed before it read; its exit code says so


def _still_runs(child: subprocess.Popen[str]) -> bool:
    try:
        child.wait(_POLL)
    except subprocess.TimeoutExpired:
        return True
    return False
