"""An estate file on disk, with the files that it includes."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import Invalid
from ..estate.applying import saved
from ..estate.reading.texts import includes, missing


def texts(path: Path) -> dict[str, str]:
    """The file and then each that it includes, by the names to show for them."""
    text = read(path)
    if saved.is_saved(text):
        raise Invalid(f"`{path}` is a saved plan: apply it with `mlestate apply {path}`")
    patterns = includes(text)
    found = [each for pattern in patterns for each in _matching(path.parent, pattern)]
    return {str(path): text} | {str(each): read(each) for each in found if each != path}


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Invalid(f"there is no file `{path}`: check the path") from None
    except IsADirectoryError:
        raise Invalid(f"`{path}` is a folder: name the file in it") from None
    except UnicodeDecodeError:
        raise Invalid(f"`{path}` is not a text file in UTF-8") from None
    except OSError as error:
        raise Invalid(f"`{path}` cannot be read: {error.strerror}") from None


def _matching(folder: Path, pattern: str) -> list[Path]:
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise Invalid(f"`include: {pattern}` leaves the estate's folder: name files below it")
    if found := sorted(each for each in folder.glob(pattern) if each.is_file()):
        return found
    raise missing(pattern, [str(each.relative_to(folder)) for each in folder.rglob("*.yaml")])
