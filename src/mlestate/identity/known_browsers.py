"""Browsers in which somebody has logged in before, known by a word that each of them keeps."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

_MARK = "browser "


class KnownBrowsers:
    """Nothing is kept of them here but the key, and that is this process's own: after a restart
    all are strangers, until the next login."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def word(self, seal: str) -> str:
        """A new one, good for as long as the seal, which stands for who logged in, is the same."""
        name = secrets.token_urlsafe(16)
        return f"{name}.{self._signed(name, seal)}"

    def known(self, word: str, seal: str) -> str:
        """Which browser it is, as no address is written; empty for a stranger."""
        name, _, signature = word.partition(".")
        good = hmac.compare_digest(signature.encode(), self._signed(name, seal).encode())
        return f"{_MARK}{name}" if good else ""

    def _signed(self, name: str, seal: str) -> str:
        return hmac.new(self._key, f"{name} {seal}".encode(), sha256).hexdigest()
