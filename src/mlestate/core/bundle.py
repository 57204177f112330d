"""The texts of an estate file: the file itself, and what it includes, by name."""

from __future__ import annotations

import hashlib

import msgspec


class Bundle(msgspec.Struct, frozen=True):
    main: str
    files: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """Equal for equal texts, whatever the order that they were read in."""
        words = [self.main, *(part for name in sorted(self.files) for part in self._named(name))]
        whole = hashlib.sha256()
        for word in words:
            encoded = word.encode()
            whole.update(b"%d:" % len(encoded))
            whole.update(encoded)
        return whole.hexdigest()

    def _named(self, name: str) -> tuple[str, str]:
        return name, self.files[name]
