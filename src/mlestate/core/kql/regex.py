"""Patterns as Kusto has them: RE2's, which take no longer for a longer text than the text is."""

from __future__ import annotations

from functools import lru_cache

import re2

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20


@lru_cache(256)
def compiled(pattern: str) -> re2._Regexp:
    """Raises ValueError, with what is wrong with it."""
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        said = error.args[0] if error.args else "it cannot be read"
        raise ValueError(said.decode() if isinstance(said, bytes) else str(said)) from None
