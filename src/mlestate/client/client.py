"""An estate over HTTP: its resources as documents, by id. Safe to use from many threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from ..core.errors import NotFound, PlatformError
from .many import RESOURCES, put_many
from .operations import content, path_of, settle
from .tokens import Tokens
from .wire import Wire

Document = Mapping[str, Any]
CONTENTS = "/estate/v1/contents"
_WORKERS = 8
_PAGE = "1000"
_TOGETHER = 40
# How the control plane answers the deletion of nothing.
_NOT_THERE = 204
# The types of the directory: `mlestate/users` is listed at `/estate/v1/users`.
_DIRECTORY = "mlestate/"


class Client:
    """Ids are addresses: `/subscriptions/…`, `/estate/v1/users/ana`. Refusals are raised."""

    def __init__(
        self,
        origin: str,
        tokens: Tokens,
        ca: Path | None = None,
        patience: float = 0.0,
        warn: Callable[[str], None] = lambda text: None,
    ):
        self._wire = Wire(origin, tokens, ca, patience, warn=warn)
        self._tokens = tokens

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._wire.close()

    @property
    def origin(self) -> str:
        return self._wire.origin

    def token(self) -> str:
        return self._tokens.token(self._wire.post_form)

    def get(self, id: str) -> Document | None:
        """None for what is not there, and for what would be in something that is not there."""
        try:
            document: Document = content(self._wire.ask("GET", id))
        except NotFound:
            return None
        return document

    def get_many(self, ids: Sequence[str]) -> dict[str, Document]:
        """Those of the ids that are there, by id in lower case."""
        found: dict[str, Document] = {}
        for start in range(0, len(ids), _TOGETHER):
            # An address may have some thousand letters, and most have an id or two.
            asked = {"id": list(ids[start : start + _TOGETHER])}
            rows = content(self._wire.ask("GET", RESOURCES, params=asked))["value"]
            found |= {str(each["id"]).lower(): each for each in rows}
        return found

    def list(self, id: str, params: Mapping[str, str] | None = None) -> Iterator[Document]:
        """Every row of a collection, page after page."""
        page = content(self._wire.ask("GET", id, params=params))
        while True:
            yield from page.get("value", ())
            if not (link := page.get("nextLink")):
                return
            page = content(self._wire.ask("GET", path_of(link)))

    def page(self, id: str, params: Mapping[str, str]) -> Document:
        """One page of a collection, with all that is said of it."""
        document: Document = content(self._wire.ask("GET", id, params=params))
        return document

    def put(self, id: str, body: Document) -> Document:
        """Waits until the server has done what it began."""
        document: Document = settle(self._wire, self._wire.ask("PUT", id, body), id) or {}
        return document

    def put_many(self, items: Sequence[tuple[str, Document]]) -> Sequence[Document | PlatformError]:
        """For each, in order, what `put` would give or raise. One that is refused keeps none of
        the others; none may need another to be there first, unless that stands before it."""
        return put_many(self._wire, items)

    def replace(self, id: str, body: Document, etag: str = "") -> Document:
        """A PUT over just that state; without an etag, where nothing is yet. Raises `Stale`."""
        condition = {"if-match": f'"{etag}"'} if etag else {"if-none-match": "*"}
        answer = self._wire.ask("PUT", id, body, headers=condition)
        document: Document = settle(self._wire, answer, id) or {}
        return document

    def amend(self, id: str, body: Document, etag: str) -> Document:
        """A PATCH of just that state. Raises `Stale`."""
        answer = self._wire.ask("PATCH", id, body, headers={"if-match": f'"{etag}"'})
        document: Document = content(answer)
        return document

    def contents(self, id: str) -> Document:
        """What is in a resource at this moment, by the server's word."""
        document: Document = content(self._wire.ask("GET", CONTENTS, params={"id": id}))
        return document

    def post(self, id: str, body: Document | None = None) -> Document:
        response = self._wire.ask("POST", id, {} if body is None else body)
        document: Document = settle(self._wire, response, id) or {}
        return document

    def delete(self, id: str) -> bool:
        """Whether it was there. Also fine when it was not: it is not there now."""
        try:
            answer = self._wire.ask("DELETE", id)
            settle(self._wire, answer, id)
        except NotFound:
            return False
        return answer.status_code != _NOT_THERE

    def snapshot(self, types: Iterable[str]) -> dict[str, Document]:
        """Everything of these types that the caller may read, by id in lower case."""
        asked = list(types)
        principals = [each for each in asked if each.startswith(_DIRECTORY)]
        found: dict[str, Document] = {}
        for each in principals:
            found |= self._all("/estate/v1/" + each.removeprefix(_DIRECTORY), {})
        if resources := [each for each in asked if each not in principals]:
            found |= self._all(RESOURCES, {"types": ",".join(resources)})
        return found

    def _all(self, address: str, params: Mapping[str, str]) -> dict[str, Document]:
        rows = self.list(address, {**params, "$top": _PAGE})
        return {str(each["id"]).lower(): each for each in rows}


class Several:
    """Does several things at a time: as a `map`, in order, or one by one as they are given."""

    def __init__(self, pool: ThreadPoolExecutor):
        self._pool = pool

    def __call__(self, call: Callable[..., Any], items: Iterable[Any]) -> Iterable[Any]:
        return self._pool.map(call, items)

    def submit(self, call: Callable[[], object]) -> object:
        return self._pool.submit(call)


@contextmanager
def several(workers: int = _WORKERS) -> Iterator[Several]:
    with ThreadPoolExecutor(workers, thread_name_prefix="mlestate") as pool:
        try:
            yield Several(pool)
        except BaseException:
            # Ctrl-C: what has begun ends, what has not is not begun.
            pool.shutdown(cancel_futures=True)
            raise
