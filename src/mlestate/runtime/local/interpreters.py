"""Which Python a job's environment is built on: one that any user of this machine may run."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from ...core.errors import Invalid

_KNOWN = ("3.11", "3.12", "3.13", "3.10", "3.9", "3.14")


def find(version: str, places: str = "/usr/bin:/usr/local/bin:/opt/python/bin") -> Path:
    """`version` is like `3.11`, or empty for the first there is. Raises Invalid."""
    for wanted in (version,) if version else _KNOWN:
        found = shutil.which(f"python{wanted}", path=places)
        if found and runnable_by_all(Path(found)):
            return Path(found)
    have = [one for one in _KNOWN if shutil.which(f"python{one}", path=places)]
    raise Invalid(
        f"The environment asks for Python {version or '3'}, and this machine has "
        f"{', '.join(have) or 'none that other users may run'}. Change `python=` in the conda "
        "file, or install that Python for all users.",
        code="PythonNotAvailable",
        target="properties.condaFile",
    )


def runnable_by_all(path: Path) -> bool:
    """A job runs under another user: the file and every folder above it must be open to it."""
    real = path.resolve()
    return all(folder_open(one) for one in real.parents) and bool(
        real.stat().st_mode & stat.S_IXOTH
    )


def folder_open(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXOTH)


def traversable(path: Path) -> bool:
    """Whether any user may go through to the folder; as an ordinary user only we must."""
    return os.getuid() != 0 or all(folder_open(one) for one in (path, *path.parents))
