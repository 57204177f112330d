"""What this machine can do for a job, found out once when the agent starts."""

from __future__ import annotations

import os
import shutil
import uuid
import zlib
from collections.abc import Set
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from ..protocol import Workspace
from . import interpreters, sandbox
from .folder import Folder, write

# Of the range that is neither people's nor the system's, and that a container too has mapped.
_FIRST_UID, _UIDS = 20_000, 40_000
_CONTROL_GROUPS = "/sys/fs/cgroup"


class Machine(msgspec.Struct, frozen=True):
    """`region` is the region's folder. `bwrap` and `control_groups` are empty where not to be had;
    `warnings` say what a job here must do without.
    """

    region: Path
    node: str
    host: str
    port: int
    ca: Path | None = None
    bwrap: str = ""
    own_uids: bool = False
    control_groups: str = ""
    grace: float = 10
    warnings: tuple[str, ...] = ()

    @property
    def jobs(self) -> Path:
        return self.region / "jobs"

    def folder(self, workspace: Workspace, name: str) -> Folder:
        return Folder(self.jobs / f"{workspace.guid}.{name}")


def look(region: Path, url: str, ca: Path | None, use_bwrap: bool = True) -> Machine:
    """`url` is the API's address as this machine reaches it."""
    jobs = region / "jobs"
    jobs.mkdir(parents=True, exist_ok=True)
    parts = urlsplit(url)
    root = os.getuid() == 0
    if root:
        jobs.chmod(0o711)
    own_uids = root and interpreters.traversable(jobs)
    bwrap, why_not = _bubblewrap(_FIRST_UID if own_uids else 0) if use_bwrap else ("", "not wanted")
    return Machine(
        region=region,
        node=_node(region),
        host=parts.hostname or "localhost",
        port=parts.port or (443 if parts.scheme == "https" else 80),
        ca=ca,
        bwrap=bwrap,
        own_uids=own_uids,
        control_groups=_CONTROL_GROUPS if root and Path(_CONTROL_GROUPS).is_dir() else "",
        warnings=_warnings(root, own_uids, jobs, why_not),
    )


def _bubblewrap(uid: int) -> tuple[str, str]:
    found = shutil.which("bwrap")
    if found is None:
        return "", "bubblewrap (bwrap) is not installed"
    why_not = sandbox.works(found, uid)
    return ("", f"bubblewrap does not work here: {why_not}") if why_not else (found, "")


def _warnings(root: bool, own_uids: bool, jobs: Path, why_not: str) -> tuple[str, ...]:
    found = []
    if why_not:
        found.append(f"jobs run without a sandbox of their own: {why_not}")
    if root and not own_uids:
        found.append(f"jobs run as root: not every user may pass through `{jobs}`")
    return tuple(found)


def _node(region: Path) -> str:
    """The name of this agent's data directory, for good."""
    path = region / "agent.node"
    if not path.exists():
        write(path, uuid.uuid4().hex.encode())
    return path.read_text().strip()


def free_uid(name: str, taken: Set[int]) -> int:
    """A user of the job's own: always the same for a name, unless a living process has it."""
    begin = zlib.crc32(name.encode())
    for step in range(_UIDS):
        uid = _FIRST_UID + (begin + step) % _UIDS
        if uid not in taken:
            return uid
    raise RuntimeError("every user id of the range is taken")


def living_uids() -> set[int]:
    found = set()
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                found.add(path.stat().st_uid)
            except FileNotFoundError:
                continue  # it ended while we looked
    return found
