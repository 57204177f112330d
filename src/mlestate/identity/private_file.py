"""Files that only their owner may read, written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ..core.errors import Invalid


def write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace the file at once; at no moment can somebody else read it, or half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            # The process's umask may have taken bits that a public file needs.
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def hold(path: Path) -> None:
    """Raises Invalid where somebody else may read the file."""
    if path.stat().st_mode & 0o077:
        raise Invalid(f"`{path}` may be read by others: `chmod 600 {path}`")
