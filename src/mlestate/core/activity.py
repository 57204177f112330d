"""An event of the activity log: who did what to what, how it was asked for, and how it ended.

Nothing in it is secret: of an address the query is left out but for a few words, and what looks
like a token, a secret or a signature is taken out of every text.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any, Protocol

import msgspec

from .access import Caller, Rights

ACCEPTED, SUCCEEDED, FAILED = "Accepted", "Succeeded", "Failed"
# How what is told with its body begins: worked out from its end, and not an event of its own.
STARTED = "Started"
# Of what failed, that which somebody may not do.
DENIED = "Denied"
# Who did what nobody asked for, such as the removal of a guest whose stay is over.
ITSELF = "mlestate"
_LONGEST = 2000
_SECRET = re.compile(
    r"mles_[\w-]{16,}"  # a client secret or a personal one
    r"|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"  # a token
    r"|(?<=sig=)[^&\s\"'`]+"
    r"|(?<=AccountKey=)[\w+/=]+",
    re.I,
)
_PLACE = re.compile(r"/subscriptions/[^/]+(?:/resourcegroups/[^/]+)?|/[^/]+/[^/]+|")
_OLDEST = ("at", "principal", "name", "action", "resource", "correlation")


class Asked(msgspec.Struct, frozen=True):
    """The request behind an event. `address` is the client's; `uri` has no secrets. `told` says
    whether the client itself gave it its correlation, to find it by."""

    method: str = ""
    uri: str = ""
    address: str = ""
    client_request: str = ""
    correlation: str = ""
    told: bool = False


# By nobody's request.
UNASKED = Asked()


class By(msgspec.Struct, frozen=True):
    """Who does something, and by which request. `via` tells how, where not by a token; by which
    role is looked up in `rights`."""

    id: str = ITSELF
    name: str = ITSELF
    kind: str = ""
    job: str = ""
    asked: Asked = Asked()
    via: str = ""
    rights: Rights | None = None


class About(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What else is known. `id` is the resource's as it is spelled; `role` is what allowed it,
    `held` the scope where; `code` is HTTP's; `requests` are so many of one kind that
    came together, 0 for what is told by itself; `size` are their bytes; `said` is of the
    resource's properties what readers of the log need to know what the event comes to."""

    id: str = ""
    kind: str = ""
    job: str = ""
    via: str = ""
    role: str = ""
    held: str = ""
    code: int = 0
    error: str = ""
    message: str = ""
    method: str = ""
    uri: str = ""
    address: str = ""
    client_request: str = ""
    requests: int = 0
    size: int = 0
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    said: dict[str, str] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """`at` in seconds since the epoch; `principal` an object id, `name` what people call it;
    `resource` an id in lower case; `operation` the slow work that it began, and `about` an `About`
    as JSON. It is None, as is all that follows `correlation`, in what the first version wrote."""

    at: float
    principal: str
    name: str
    action: str
    resource: str
    correlation: str = ""
    status: str | None = SUCCEEDED
    operation: str | None = ""
    about: str | None = "{}"

    @property
    def known(self) -> About:
        return msgspec.json.decode(self.about or "{}", type=About)


class Record(Protocol):
    """The activity log; `known` are fields of `About`."""

    def read(self, region: str, by: By, action: str, id: str, **known: Any) -> None:
        """Recorded when it returns, as far as a kill of the process goes."""

    def did(self, region: str, by: By, action: str, id: str, **known: Any) -> None:
        """The same of what was written, as far as a loss of power goes."""


class NoRecord:
    def read(self, region: str, by: By, action: str, id: str, **known: Any) -> None: ...
    def did(self, region: str, by: By, action: str, id: str, **known: Any) -> None: ...


def event(
    by: By,
    at: float,
    action: str,
    id: str,
    *,
    status: str = SUCCEEDED,
    operation: str = "",
    correlation: str = "",
    **known: Any,
) -> Event:
    """`id` is the resource's, as it is spelled; `known` are fields of `About`, which need the role
    only where it is not the one that gives the action there."""
    asked, id = by.asked, scrubbed(id)
    about = About(
        id=id if id != id.lower() else "",
        kind=by.kind,
        job=by.job,
        via=by.via,
        method=asked.method,
        uri=asked.uri,
        address=asked.address,
        client_request=asked.client_request,
        **(through(by.rights, action, id) | known),
    )
    return Event(
        at=at,
        principal=by.id,
        name=by.name,
        action=action,
        resource=id.lower(),
        correlation=correlation or asked.correlation,
        status=status,
        operation=operation,
        about=msgspec.json.encode(about).decode(),
    )


def one_of_many(
    by: By, at: float, action: str, id: str, *, status: str = SUCCEEDED, **known: Any
) -> Event:
    """One that may be told together with others alike: nothing was written. Whoever gave their
    request a correlation finds it by that, so it is told by itself."""
    requests = 0 if by.asked.told else 1
    return event(by, at, action, id, status=status, requests=requests, **known)


def by(caller: Caller, asked: Asked, via: str = "") -> By:
    return By(caller.id, caller.name, caller.kind, caller.job, asked, via, caller.rights)


def through(rights: Rights | None, action: str, scope: str, data: bool = False) -> dict[str, str]:
    """Of an `About`: the role that gives it there, and where it is held; empty where none does."""
    given = rights.through(action, scope, data) if rights and action else None
    return {"role": given.role.name if given else "", "held": given.scope if given else ""}


def seal(key: bytes, before: str, seq: int, event: Event) -> str:
    """Of an event in the chain: over the seal before it, its place and all its own fields. Nobody
    makes one without the key."""
    said = f"{before}|{seq}|".encode() + msgspec.json.encode(event)
    return hmac.digest(key, said, "sha256").hex()


def plain_hash(before: str, event: Event) -> str:
    """What the first versions had in the place of a seal; anybody can make one."""
    if event.about is None:
        said = msgspec.json.encode({name: getattr(event, name) for name in _OLDEST})
    else:
        said = msgspec.json.encode(event)
    return hashlib.sha256(before.encode() + said).hexdigest()


def place(resource: str) -> str:
    """The resource group, or else the subscription or collection, that a key is in."""
    found = _PLACE.match(resource)
    return found[0] if found else ""


def scrubbed(text: str) -> str:
    """Without what looks like a secret, and not endless. No database keeps a NUL."""
    return without_secrets(text)[:_LONGEST].replace("\0", "␀")


def without_secrets(text: str) -> str:
    return _SECRET.sub("…", text)
