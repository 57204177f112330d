"""Which process applies: named so that another on the same machine can tell whether it lives."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

from ..estate.applying.lease import Holder
from ..estate.planning.record import Record
from .processes import start_of

# Only one process serves a data folder: what holds the lease of an earlier one has ended.
SERVER = "mlestate up"


def this_process() -> Holder:
    pid = os.getpid()
    id = f"{_machine()} {pid} {start_of(pid)} {secrets.token_hex(8)}"
    return Holder(id, f"`{socket.gethostname()}` (process {pid})", dead)


def server() -> Holder:
    return Holder(SERVER, f"`{socket.gethostname()}` (`mlestate up`, process {os.getpid()})", dead)


def at_work(record: Record) -> bool:
    """Whether somebody applies now, as far as is known: a lease outlives its process a while."""
    return record.under_way and not (record.lease and dead(record.lease.id))


def dead(id: str) -> bool:
    """Whether the process is known to have ended; one of another machine never is."""
    machine, _, rest = id.partition(" ")
    words = rest.split()
    if machine != _machine() or len(words) != 3 or not words[0].isdigit():
        return False
    return str(start_of(int(words[0]))) != words[1]


def _machine() -> str:
    """This start of this machine, and this name space of process numbers."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return secrets.token_hex(8)  # no other process is known to be on this machine
