"""Files to and from containers of Azure Blob Storage, by addresses with a SAS.

Only what an agent needs: list, get, put, put in blocks, append.
"""

from __future__ import annotations

import base64
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from ...core.errors import Conflict, Invalid, NotFound, PlatformError, Stale, Unavailable
from ..protocol import Place
from .wire import Http

_VERSION = {"x-ms-version": "2023-11-03"}
_WHOLE = 32 << 20
_BLOCK = 16 << 20
_APPEND = 4 << 20
_LONGEST_NAME = 1024
_SHOWN = 60
_BOTH = "a part of its path is a blob too, and a path is a file or a folder"
# What the machine says of paths that no file can have.
_NO_PATH = {
    errno.EEXIST: _BOTH,
    errno.ENOTDIR: _BOTH,
    errno.EISDIR: "other blobs lie below its path, and a path is a file or a folder",
    errno.ENAMETOOLONG: "a part of its path is longer than 255 bytes, or all of it than 4,095",
}


class Blob(NamedTuple):
    name: str
    size: int


class Blobs:
    def __init__(self, http: Http):
        self._http = http

    def listed(self, place: Place) -> Iterator[Blob]:
        """All blobs below the prefix; folder markers are none."""
        marker = ""
        while True:
            query = f"restype=container&comp=list&prefix={quote(place.prefix, safe='')}"
            url = _address(
                place, "", query + (f"&marker={quote(marker, safe='')}" if marker else "")
            )
            tree = ElementTree.fromstring(self._http.ask("GET", url, _VERSION).body)
            yield from (_blob(one) for one in tree.iter("Blob") if not _is_folder(one))
            marker = tree.findtext("NextMarker") or ""
            if not marker:
                return

    def download_folder(self, place: Place, into: Path) -> int:
        """Everything below the prefix, by its path there; answers with how many files came. Raises
        Invalid for a blob that cannot be a file beside the others.
        """
        prefix = f"{place.prefix.rstrip('/')}/" if place.prefix else ""
        taken: set[Path] = set()
        for blob in self.listed(Place(place.url, prefix)):
            rest = blob.name[len(prefix) :]
            if rest and not rest.endswith("/"):
                path = within(into, rest)
                if path in taken:
                    raise _no_file(blob.name, "another blob has the same path")
                taken.add(path)
                self.download(place, blob, path)
        return len(taken)

    def download_file(self, place: Place, path: Path) -> None:
        """Exactly the blob that the prefix names. Raises NotFound."""
        for blob in self.listed(place):
            if blob.name == place.prefix:
                return self.download(place, blob, path)
        raise NotFound(f"There is no blob `{place.prefix}`.", code="BlobNotFound")

    def download(self, place: Place, blob: Blob, path: Path) -> None:
        """Take up where a broken transfer ended, and go on until all is here."""
        with _opened(blob.name, path) as file:
            while file.tell() < blob.size:
                before = file.tell()
                try:
                    headers = {**_VERSION, "x-ms-range": f"bytes={before}-{blob.size - 1}"}
                    self._http.fetch(_address(place, blob.name), headers, file.write)
                except Unavailable:
                    if file.tell() == before:
                        raise
                if file.tell() > blob.size:
                    raise Invalid(f"The blob `{blob.name}` changed while it was read.")

    def upload_folder(self, folder: Path, place: Place, root: Path) -> list[str]:
        """Every file below the folder; answers with the names that are too long for a blob. Who
        filled it may have left links, the folder itself among them: nothing outside `root` is read.
        What else is refused is raised once all others are sent.
        """
        inside, left = root.resolve(), []
        refusal: PlatformError | None = None
        for path in sorted(_files(folder)) if _lies_in(folder, inside) else ():
            if not _lies_in(path, inside):
                continue
            rest = os.fsencode(path.relative_to(folder).as_posix()).decode(errors="replace")
            try:
                if not self._sent(path, place, _joined(place.prefix, rest)):
                    left.append(rest)
            except (Invalid, Conflict, Stale) as error:
                refusal = refusal or error
        if refusal is not None:
            raise refusal
        return left

    def _sent(self, path: Path, place: Place, name: str) -> bool:
        """False where the name is too long for the store, or the path for this machine."""
        if len(name) > _LONGEST_NAME:
            return False
        try:
            self.upload(path, place, name)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return False
            raise
        return True

    def upload(self, path: Path, place: Place, name: str) -> None:
        size = path.stat().st_size
        with path.open("rb") as file:
            if size <= _WHOLE:
                headers = {**_VERSION, "x-ms-blob-type": "BlockBlob"}
                self._http.ask("PUT", _address(place, name), headers, file.read())
                return
            blocks: list[str] = []
            while piece := file.read(_BLOCK):
                block = base64.b64encode(f"{len(blocks):08d}".encode()).decode()
                url = _address(place, name, f"comp=block&blockid={quote(block, safe='')}")
                self._http.ask("PUT", url, _VERSION, piece)
                blocks.append(block)
        latest = "".join(f"<Latest>{block}</Latest>" for block in blocks)
        body = f"<?xml version='1.0' encoding='utf-8'?><BlockList>{latest}</BlockList>".encode()
        self._http.ask("PUT", _address(place, name, "comp=blocklist"), _VERSION, body)


class Log:
    """A growing file as an append blob. Each piece is sent with the place it belongs to, so that
    one whose answer was lost is not there twice.
    """

    def __init__(self, http: Http, place: Place, name: str):
        self._http, self._place = http, place
        self._name = _joined(place.prefix, name)
        self._sent: int | None = None

    def send(self, path: Path) -> int:
        """Bring the blob up to the file; answers with how many bytes went."""
        if not path.exists():
            return 0
        if self._sent is None:
            self._sent = self._length()
        begin = self._sent
        with path.open("rb") as file:
            file.seek(self._sent)
            while piece := file.read(_APPEND):
                self._append(piece)
        return self._sent - begin

    def _append(self, piece: bytes) -> None:
        sent = self._sent or 0
        headers = {**_VERSION, "x-ms-blob-condition-appendpos": str(sent)}
        try:
            url = _address(self._place, self._name, "comp=appendblock")
            self._http.ask("PUT", url, headers, piece)
        except Stale:
            # It had arrived, and only the answer was lost. Anything else is not ours to mend.
            if self._length() != sent + len(piece):
                raise
        self._sent = sent + len(piece)

    def _length(self) -> int:
        """How much is there already; the blob is made when it is not."""
        url = _address(self._place, self._name)
        try:
            return int(self._http.ask("HEAD", url, _VERSION).headers["Content-Length"])
        except NotFound:
            headers = {**_VERSION, "x-ms-blob-type": "AppendBlob", "Content-Type": "text/plain"}
            self._http.ask("PUT", url, headers, b"")
            return 0


@contextmanager
def _opened(name: str, path: Path) -> Iterator[IO[bytes]]:
    """A blob's file, new. Raises Invalid where its path can be none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("wb")
    except OSError as error:
        if error.errno in _NO_PATH:
            raise _no_file(name, _NO_PATH[error.errno]) from error
        raise
    with file:
        yield file


def _no_file(name: str, why: str) -> Invalid:
    return Invalid(f"The blob `{shortened(name)}` cannot be a file: {why}.", code="InvalidPath")


def shortened(name: str) -> str:
    """For a message: its beginning and its end."""
    return name if len(name) <= 2 * _SHOWN else f"{name[:_SHOWN]}…{name[-_SHOWN:]}"


def within(folder: Path, name: str) -> Path:
    """The file of that name below the folder. A name that would lead out of it is refused."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        raise Invalid(f"The blob name `{name}` is no path below its folder.", code="InvalidPath")
    return folder.joinpath(*parts)


def _files(folder: Path) -> Iterator[Path]:
    """However deep they lie, links to files among them; folders are not entered by links. A folder
    whose path is too long to be looked into stands for what is in it.
    """
    left = [folder]
    while left:
        path = left.pop()
        entries = _entries(path)
        if entries is None:
            yield path
        for entry in entries or ():
            if entry.is_dir(follow_symlinks=False):
                left.append(Path(entry.path))
            elif _is_file(entry):
                yield Path(entry.path)


def _entries(folder: Path) -> list[os.DirEntry[str]] | None:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except PermissionError:
        return []  # the job has closed it, and we are an ordinary user
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        raise


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False  # a link in a circle, or into what is closed to us


def _lies_in(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder)
    except (OSError, RuntimeError):
        return False  # a link in a circle


def _joined(prefix: str, rest: str) -> str:
    return f"{prefix.rstrip('/')}/{rest}" if prefix else rest


def _address(place: Place, name: str, query: str = "") -> str:
    parts = urlsplit(place.url)
    path = parts.path.rstrip("/") + (f"/{quote(name)}" if name else "")
    queries = "&".join(one for one in (query, parts.query) if one)
    return f"{parts.scheme}://{parts.netloc}{path}" + (f"?{queries}" if queries else "")


def _blob(element: ElementTree.Element) -> Blob:
    size = element.findtext("Properties/Content-Length") or "0"
    return Blob(element.findtext("Name") or "", int(size))


def _is_folder(element: ElementTree.Element) -> bool:
    return (element.findtext("Metadata/hdi_isfolder") or "").lower() == "true"
