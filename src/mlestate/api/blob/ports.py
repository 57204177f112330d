"""What the protocol needs from the rest of the house."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Protocol

import msgspec

from ...blob.cell import Cell
from ...blob.sas import Right, Signed
from ...core.access import Caller
from ...core.activity import NoRecord, Record


class Account(msgspec.Struct, frozen=True):
    """A storage account. `id` is its ARM id; `keys` are base64, used only where allowed. What is
    read and written in one that is `guarded` is recorded."""

    id: str
    name: str
    region: str
    keys: tuple[str, ...]
    shared_key_allowed: bool
    guarded: bool = False


class Accounts(Protocol):
    def find(self, name: str) -> Account | None: ...


class Ports(msgspec.Struct, frozen=True):
    """All are called in a worker thread.

    `authenticate` takes a bearer token and raises Unauthenticated; `caller` is who a signature is
    bound to, as they are now: None when the principal is gone or disabled, or the job has ended.
    `since` is when the account of an object id was made, zero where it is gone or disabled.
    `opens` tells whether what a bound signature derives from still is there, and still leads to the
    account's container; its last argument says whether it is to be written, which may be refused
    by then. `letters` are those of a bound signature that the caller may have now. `secret` signs
    delegation keys and bound signatures; changing it ends them all. `clock` answers epoch seconds.
    """

    accounts: Accounts
    cell: Callable[[str], Cell]
    authenticate: Callable[[str], Caller]
    caller: Callable[[Signed], Caller | None]
    since: Callable[[str], float]
    opens: Callable[[Right, str, str, bool], bool]
    letters: Callable[[str, Caller, Right], str]
    secret: bytes
    tenant: str
    clock: Callable[[], float]
    threads: Executor
    record: Record = NoRecord()
