"""Files to and from a store of blobs, on folders of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

from mlestate.core.errors import Conflict, Invalid
from mlestate.runtime.local.blobs import Blobs
from mlestate.runtime.local.wire import Answer
from mlestate.runtime.protocol import Place

PLACE = Place("http://a/c?sig=k", "in")
OUT = Place("http://a/c?sig=k", "out")


class Store:
    """As much of a store as is needed to list, get and put; `closed` are names that nobody may
    write."""

    def __init__(self, *names: str, closed: tuple[str, ...] = ()):
        self.blobs, self.closed = dict.fromkeys(names, b"1"), closed

    def ask(self, method: str, url: str, headers: Any = None, body: Any = None) -> Answer:
        name = unquote(urlsplit(url).path).removeprefix("/c").removeprefix("/")
        if method == "PUT":
            if name in self.closed:
                raise Conflict(f"{name} is leased", code="LeaseIdMissing")
            self.blobs[name] = body
            return Answer({}, b"")  # type: ignore[arg-type]
        listed = "".join(
            f"<Blob><Name>{escape(one)}</Name><Properties><Content-Length>1</Content-Length>"
            "</Properties></Blob>"
            for one in sorted(self.blobs)
            if one.startswith("in/")
        )
        text = f"<EnumerationResults><Blobs>{listed}</Blobs><NextMarker/></EnumerationResults>"
        return Answer({}, text.encode())  # type: ignore[arg-type]

    def fetch(self, url: str, headers: Any, sink: Callable[[bytes], object]) -> None:
        sink(self.blobs[unquote(urlsplit(url).path).removeprefix("/c/")])


def over(store: Store) -> Blobs:
    return Blobs(store)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "culprit", "why"),
    [
        (("in/a", "in/a/b"), "in/a/b", "a file or a folder"),
        (("in/a", "in/a/b/c"), "in/a/b/c", "a file or a folder"),
        (("in/a//b", "in/a/b"), "in/a/b", "another blob has the same path"),
        (("in/" + "n" * 256,), "in/", "longer than 255 bytes"),
        (("in/" + "ü" * 128,), "in/", "longer than 255 bytes"),
        (("in/" + "n/" * 2500 + "n",), "in/", "4,095"),
    ],
)
def test_a_blob_that_can_be_no_file_is_named_with_the_reason(
    tmp_path: Path, names: tuple[str, ...], culprit: str, why: str
) -> None:
    with pytest.raises(Invalid) as refused:
        over(Store(*names)).download_folder(PLACE, tmp_path)
    said = str(refused.value)
    assert refused.value.code == "InvalidPath"
    assert f"`{culprit}" in said
    assert why in said
    assert str(tmp_path) not in said


def test_a_folder_comes_with_all_its_files(tmp_path: Path) -> None:
    store = Store("in/a", "in/b c/d;e", "in/f/", "in/" + "n" * 255)
    assert over(store).download_folder(PLACE, tmp_path) == 3
    assert (tmp_path / "b c" / "d;e").read_bytes() == b"1"


def test_a_name_too_long_for_a_blob_is_told_and_the_others_are_sent(tmp_path: Path) -> None:
    long = tmp_path.joinpath(*["d" * 200] * 6)
    long.mkdir(parents=True)
    for path in (tmp_path / "a", long / "x", tmp_path / "z"):
        path.write_bytes(b"2")
    store = Store()
    left = over(store).upload_folder(tmp_path, OUT, tmp_path)
    assert store.blobs == {"out/a": b"2", "out/z": b"2"}
    assert left == [(long / "x").relative_to(tmp_path).as_posix()]


def test_what_is_refused_for_another_reason_is_told_once_the_rest_is_sent(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"2")
    store = Store(closed=("out/a",))
    with pytest.raises(Conflict, match="out/a is leased"):
        over(store).upload_folder(tmp_path, OUT, tmp_path)
    assert set(store.blobs) == {"out/b", "out/c"}
