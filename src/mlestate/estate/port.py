"""What plan and apply need of an estate that runs. The client room speaks it over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TypeVar, runtime_checkable

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


class Workers(Protocol):
    """As the built-in `map`, in order; an executor's `map` does several at a time."""

    def __call__(self, call: Callable[[T], R], items: Iterable[T], /) -> Iterable[R]: ...
