"""The port to where bytes lie. A body is named by its SHA-256 and never changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

import msgspec

Piece = bytes | memoryview


class Body(msgspec.Struct, frozen=True):
    digest: bytes
    size: int


class Found(msgspec.Struct, frozen=True):
    """A body as the store lists it; `touched` is when somebody last put it (epoch)."""

    digest: bytes
    touched: float


class BodyWriter(Protocol):
    """One body on its way in. Exactly one of `finish`, `stage` and `abandon` ends it."""

    def write(self, pieces: Iterable[Piece]) -> None:
        """Nothing is kept of the pieces; large ones on whole pages are cheapest."""
        ...

    def finish(self) -> Body:
        """The body is durable, and readable by its digest, when this returns."""
        ...

    def stage(self) -> Body:
        """The body outlives this process, if not the machine, until somebody keeps it."""
        ...

    def abandon(self) -> None:
        """Nothing remains."""
        ...


class Bodies(Protocol):
    def writer(self) -> BodyWriter: ...

    def read(self, digest: bytes, start: int, size: int) -> bytes:
        """Exactly `size` bytes from `start`; a body that is missing or short is an OSError."""
        ...

    def keep(self, digests: Collection[bytes]) -> set[bytes]:
        """Staged bodies are as good as finished when this returns; answers those that are lost."""
        ...

    def lost(self, digests: Collection[bytes]) -> set[bytes]:
        """Those that are neither finished nor staged any more: the machine went down since."""
        ...

    def listed(self) -> Iterator[Found]:
        """Every body that is finished or staged."""
        ...

    def tidy(self, before: float) -> None:
        """Remove what was begun before then and never finished."""
        ...

    def remove_untouched(self, digest: bytes, before: float) -> bool:
        """Remove the body unless it was put again since; answers whether it's gone."""
        ...
