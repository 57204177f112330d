"""Estate files as the user names them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from ..app.estate_file import texts
from ..core.bundle import Bundle
from ..core.errors import Invalid
from ..estate.applying.reconcile import Wanted
from .reach import read_text


def wanted(path: Path, prune: bool = False) -> Wanted:
    return Wanted(bundle(path), str(path), prune, today=today())


def today() -> date:
    """The day as guests count days."""
    return datetime.now(UTC).date()


def bundle(path: Path) -> Bundle:
    """The texts of a file, and of what it includes."""
    if str(path) == "-":
        return Bundle(read_text(path))
    whole = texts(path)
    return Bundle(whole.pop(str(path)), whole)


def need_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise Invalid(f"`{folder}` is no folder: name the one that the estate's files are in")


def main_file(folder: Path) -> Path:
    """The estate file of a folder: `estate.yaml`, or its only one."""
    need_folder(folder)
    found = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
    if not found:
        raise Invalid(f"no file of `{folder}` is an estate's: there is no `.yaml` in it")
    named = [each for each in found if each.stem == "estate"] or found
    if len(named) != 1:
        raise Invalid(f"which of the files in `{folder}`? call the estate's own `estate.yaml`")
    return named[0]
