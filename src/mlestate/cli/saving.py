"""Where a plan may be saved: a new file, or in the place of an older plan."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import Invalid
from ..estate.applying import saved
from ..estate.applying.reconcile import Survey
from .output import note


def need_room(out: Path) -> None:
    """Refuse to write over what is no saved plan: the estate file, one that it includes, any."""
    if out.is_dir():
        raise Invalid(f"`{out}` is a folder: name a file in it")
    if not out.is_file():
        return
    text = out.read_bytes()[:400].decode(errors="replace")
    if text.strip() and not saved.is_saved(text):
        raise Invalid(f"`{out}` is there and is no saved plan: give `--out` another name")


def save(found: Survey, name: str, out: Path) -> None:
    out.write_bytes(saved.save(found, name))
    note(f"saved in `{out}`: `mlestate apply {out}` does just this, or nothing")
