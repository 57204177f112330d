from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlestate.identity import private_file


def test_a_file_is_private_whatever_the_umask_and_replaced_whole(tmp_path: Path):
    path = tmp_path / "deep" / "it"
    before = os.umask(0)
    try:
        private_file.write(path, b"one")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    private_file.write(path, b"2")
    assert path.read_bytes() == b"2"
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "it"
    private_file.write(path, b"old")

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        private_file.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
