"""Environments on disk, with a program in the place of uv."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

import pytest

from mlestate.runtime.environments import Recipe
from mlestate.runtime.local import interpreters
from mlestate.runtime.local.venvs import BuildFailed, Venvs


def builder(tmp_path: Path, script: str) -> Venvs:
    """With a program in the place of uv, that says what it is asked to do."""
    uv = tmp_path / "uv"
    uv.write_text(
        f"#!/bin/sh\nset -e\nPATH=/usr/bin:/bin\nshift\necho uv $1 >> {tmp_path}/asked\n{script}\n"
    )
    uv.chmod(0o755)
    return Venvs(tmp_path / "environments", tmp_path / "cache", str(uv))


def ensured(venvs: Venvs, recipe: Recipe, stop: threading.Event | None = None) -> Path:
    # A real file, because uv writes to it itself.
    with tempfile.TemporaryFile("w+") as log:
        path = venvs.ensure(recipe, log, stop or threading.Event()).path
        venvs.close()
        return path


MAKE = '[ $1 = pip ] || { for last in "$@"; do :; done; mkdir -p "$last/bin"; }'


def test_the_same_needs_are_built_once_even_when_two_ask_at_once(tmp_path: Path) -> None:
    venvs = builder(tmp_path, f"{MAKE}; sleep 0.2")
    recipe, found = Recipe(("six",)), []

    def ensure() -> None:
        found.append(ensured(venvs, recipe))

    threads = [threading.Thread(target=ensure) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(set(found)) == 1
    assert (tmp_path / "asked").read_text() == "uv venv\nuv pip\n"


def test_a_build_that_fails_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    venvs = builder(tmp_path, f"{MAKE}; [ $1 = venv ]")
    with pytest.raises(BuildFailed, match="six"):
        ensured(venvs, Recipe(("six",)))
    whole = [p for p in (tmp_path / "environments").iterdir() if not p.name.startswith(".")]
    assert whole == []


def test_a_build_ends_when_the_agent_is_stopped(tmp_path: Path) -> None:
    venvs = builder(tmp_path, "exec sleep 600")
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(BuildFailed):
        ensured(venvs, Recipe(()), stop)


def test_those_not_used_for_longest_go_but_never_one_in_use(tmp_path: Path) -> None:
    venvs = builder(tmp_path, MAKE)
    names = []
    for number in range(4):
        found = ensured(venvs, Recipe((f"p{number}",)))
        os.utime(found, (number, number))
        names.append(found.name)
    assert venvs.prune({names[0]}, keep=2) == [names[1]]
    left = {p.name for p in (tmp_path / "environments").iterdir() if not p.name.startswith(".")}
    assert left == {names[0], names[2], names[3]}


def test_an_interpreter_is_found_for_a_plain_environment() -> None:
    found = interpreters.find("")
    assert interpreters.runnable_by_all(found)
