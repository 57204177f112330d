"""What plan and apply need of an estate that runs. The client room speaks it over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar, runtime_checkable

from ..core.errors import PlatformError
from .desired import Document

T = TypeVar("T")
R = TypeVar("R")


class Port(Protocol):
    """`get` gives None for what is not there; all raise `PlatformError` when refused."""

    def get(self, id: str) -> Document | None: ...
    def list(self, id: str) -> Iterator[Document]: ...
    def put(self, id: str, body: Document) -> Document: ...
    def delete(self, id: str) -> bool: ...


@runtime_checkable
class Bulk(Protocol):
    """A port that can also give everything there is at once, by id in lower case."""

    def snapshot(self, types: Iterable[str]) -> Mapping[str, Document]: ...


@runtime_checkable
class BulkReader(Protocol):
    """A port that can also look up many ids at once: those that are there, by id in lower case."""

    def get_many(self, ids: Sequence[str]) -> Mapping[str, Document]: ...


@runtime_checkable
class BulkWriter(Protocol):
    """A port that can also write many at once, none of which needs another of them.

    One answer for each, in order; a refusal is given, not raised.
    """

    def put_many(
        self, items: Sequence[tuple[str, Document]]
    ) -> Sequence[Document | PlatformError]: ...


@runtime_checkable
class Inspector(Protocol):
    """A port that can say what is in a resource: see `contents`."""

    def contents(self, id: str) -> Document: ...


class Recorder(Port, Protocol):
    """A port that also writes over just the state that was read. Both raise `Stale`."""

    def replace(self, id: str, body: Document, etag: str = "") -> Document:
        """Without an etag: where nothing is yet."""

    def amend(self, id: str, body: Document, etag: str) -> Document:
        """Lay a partial document over what is there."""


class Workers(Protocol):
    """As the built-in `map`, in order; an executor's `map` does several at a time."""

    def __call__(self, call: Callable[[T], R], items: Iterable[T], /) -> Iterable[R]: ...


class Pool(Protocol):
    """Where calls are given away. What they raise is nobody's: they must not."""

    def submit(self, call: Callable[[], object], /) -> object: ...


class Inline:
    """A pool of none: does what it is given at once."""

    def submit(self, call: Callable[[], object], /) -> object:
        return call()


class Several(Workers, Pool, Protocol):
    """Both."""


class OneByOne(Inline):
    """Both, without any other thread."""

    def __call__(self, call: Callable[[T], R], items: Iterable[T], /) -> Iterable[R]:
        return map(call, items)
