"""Files to and from containers of Azure Blob Storage, by addresses with a SAS.

Only what an agent needs: list, get, put, put in blocks, append.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from ...core.errors import Invalid, NotFound, Stale, Unavailable
from ..protocol import Place
from .wire import Http

_VERSION = {"x-ms-version": "2023-11-03"}
_WHOLE = 32 << 20
_BLOCK = 16 << 20
_APPEND = 4 << 20


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
        """Everything below the prefix, by its path there; answers with how many files came."""
        prefix = f"{place.prefix.rstrip('/')}/" if place.prefix else ""
        count = 0
        for blob in self.listed(Place(place.url, prefix)):
            rest = blob.name[len(prefix) :]
            if rest and not rest.endswith("/"):
                self.download(place, blob, within(into, rest))
                count += 1
        return count

    def download_file(self, place: Place, path: Path) -> None:
        """Exactly the blob that the prefix names. Raises NotFound."""
        for blob in self.listed(place):
            if blob.name == place.prefix:
                return self.download(place, blob, path)
        raise NotFound(f"There is no blob `{place.prefix}`.", code="BlobNotFound")

    def download(self, place: Place, blob: Blob, path: Path) -> None:
        """Take up where a broken transfer ended, and go on until all is here."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
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

    def upload_folder(self, folder: Path, place: Place, root: Path) -> int:
        """Every file below the folder. Who filled it may have left links, the folder itself among
        them: nothing outside `root` is read.
        """
        inside, count = root.resolve(), 0
        if not _lies_in(folder, inside):
            return 0
        for path in sorted(_files(folder)):
            if _lies_in(path, inside):
                rest = os.fsencode(path.relative_to(folder).as_posix()).decode(errors="replace")
                self.upload(path, place, _joined(place.prefix, rest))
                count += 1
        return count

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


def within(folder: Path, name: str) -> Path:
    """The file of that name below the folder. A name that would lead out of it is refused."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        raise Invalid(f"The blob name `{name}` is no path below its folder.", code="InvalidPath")
    return folder.joinpath(*parts)


def _files(folder: Path) -> Iterator[Path]:
    """However deep they lie, links to files among them; folders are not entered by links."""
    left = [folder]
    while left:
        for entry in _entries(left.pop()):
            if entry.is_dir(follow_symlinks=False):
                left.append(Path(entry.path))
            elif _is_file(entry):
                yield Path(entry.path)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except PermissionError:
        return []  # the job has closed it, and we are an ordinary user


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
