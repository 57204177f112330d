"""A job's files on their way in and out: before the sandbox is there, and after it is gone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePosixPath

from ...core.errors import NotFound
from ..command import address, file_name
from ..protocol import FILES, Input, JobSpec, Place
from .blobs import Blobs, shortened, within
from .folder import Folder
from .sandbox import View

# What a job leaves in its working directory under these names is kept as the run's artifacts.
_KEPT = ("outputs", "logs")
_MOST_TOLD = 10


def make_room(folder: Folder, spec: JobSpec, ca: Path | None) -> None:
    for path in (folder.code, folder.outputs, folder.home, folder.temporary, folder.inputs):
        path.mkdir(parents=True, exist_ok=True)
    for output in spec.outputs:
        within(folder.outputs, output.name).mkdir(parents=True, exist_ok=True)
    for name in _KEPT:
        (folder.code / name).mkdir(exist_ok=True)
    if ca is not None:
        shutil.copyfile(ca, folder.ca)
        folder.ca.chmod(0o644)


def fetch_code(blobs: Blobs, spec: JobSpec, folder: Folder) -> None:
    if spec.code is not None and blobs.download_folder(spec.code, folder.code) == 0:
        raise NotFound(
            f"There are no files in the job's code (`{spec.code.prefix}`).", code="CodeNotFound"
        )


def fetch_input(blobs: Blobs, one: Input, folder: Folder, seen: View) -> str:
    """What stands for the input in the command: its value, its address or its path. The last two
    are no more than one word there, whoever named what they lead to.
    """
    if one.place is None:
        return one.value
    if one.mode == "Direct":
        return address(one.uri)
    into = within(folder.inputs, one.name)
    into.mkdir(parents=True, exist_ok=True)
    if one.type not in FILES and blobs.download_folder(one.place, into):
        return seen.input(one.name)
    name = file_name(PurePosixPath(one.place.prefix).name)
    try:
        blobs.download_file(one.place, within(into, name))
    except NotFound as error:
        raise NotFound(
            f"There is nothing at `{one.place.prefix}`, the input `{one.name}`.",
            code="InputNotFound",
            target=f"properties.inputs.{one.name}",
        ) from error
    return seen.input(one.name, name)


def hand_over(folder: Folder, uid: int) -> None:
    """Make what the job may write its own, and let nobody else pass into its folder."""
    if uid:
        os.chown(folder.work, uid, uid)
        for path, folders, files in os.walk(folder.work):
            for name in (*folders, *files):
                os.chown(Path(path, name), uid, uid, follow_symlinks=False)
        os.chown(folder.path, 0, uid)
    folder.path.chmod(0o710)
    folder.work.chmod(0o700)


def send_outputs(blobs: Blobs, spec: JobSpec, folder: Folder) -> list[str]:
    """Answers with what could not be sent, in words."""
    left = []
    for output in spec.outputs:
        if output.mode != "Direct":
            path = within(folder.outputs, output.name)
            names = blobs.upload_folder(path, output.place, folder.work)
            left += [f"`{shortened(name)}` of the output `{output.name}`" for name in names]
    for kept in _KEPT:
        place = Place(spec.artifacts.url, f"{spec.artifacts.prefix.rstrip('/')}/{kept}".lstrip("/"))
        names = blobs.upload_folder(folder.code / kept, place, folder.work)
        left += [f"`{shortened(f'{kept}/{name}')}`" for name in names]
    return _told(left)


def _told(left: list[str]) -> list[str]:
    found = [f"{name} was not sent: its path is too long for a blob" for name in left[:_MOST_TOLD]]
    more = len(left) - len(found)
    return [*found, f"{more} more were not sent for the same reason"] if more else found
