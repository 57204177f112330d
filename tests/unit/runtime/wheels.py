"""Wheels made on the spot, as hostile as a test needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZipFile


def wheel(
    folder: Path, name: str, files: Mapping[str, str] | None = None, needs: Sequence[str] = ()
) -> Path:
    """`name` 1.0 with a module of its name and `files` beside it, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    about = f"{name}-1.0.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
    whole = {
        f"{name}/__init__.py": "made = True\n",
        **(files or {}),
        f"{about}/METADATA": "\n".join([*lines, *(f"Requires-Dist: {one}" for one in needs), ""]),
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        for file, text in whole.items():
            archive.writestr(file, text)
        record = [f"{file},,\n" for file in (*whole, f"{about}/RECORD")]
        archive.writestr(f"{about}/RECORD", "".join(record))
    return path
