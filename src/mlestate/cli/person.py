"""A person logs in on this machine: on a page of the estate, in any browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ..client import device
from ..client.client import Client
from ..client.session import LOGIN, Login, Session, at, forget, save
from ..client.tokens import FixedToken
from ..client.wire import Wire
from ..core.errors import Invalid, PlatformError, Unavailable
from .borrow import TENANT
from .output import note


def log_in(data: Path, url: str) -> tuple[Login, Path]:
    """Who it is now, and where that is kept."""
    here = at(data, os.environ, None, url)
    with _wire(here) as wire:
        try:
            started = device.start(wire.post_form, TENANT)
        except msgspec.DecodeError:
            raise Unavailable(f"`{here.origin}` begins no logins: is an estate there?") from None
        note(started.message)
        if sys.stderr.isatty() and os.environ.get("DISPLAY"):
            webbrowser.open(started.verification_uri)
        given = device.wait(wire.post_form, TENANT, started)
    with Client(here.origin, FixedToken(given.access_token), here.ca) as client:
        me = client.get("/estate/v1/me") or {}
    name, tenant = str(me.get("name", "")), str(me.get("tenant", ""))
    login = Login(device.CLIENT, "", tenant, here.origin, name, given.refresh_token)
    return login, save(data, login)


def log_out(data: Path, url: str) -> str:
    """Who it was. The session ends at the estate too, if that answers."""
    from ..client.session import find

    login = find(data, os.environ, url).login
    if login is None or not (data / LOGIN).exists():
        raise Invalid("nobody is logged in by `mlestate login`")
    if login.refresh_token:
        here = at(data, os.environ, login, url)
        with _wire(here) as wire:
            try:
                wire.post_form(
                    f"/{login.tenant}/oauth2/v2.0/revoke", {"token": login.refresh_token}
                )
            except PlatformError as error:
                note(f"warning: the session stays open until it ends by itself ({error})")
    forget(data)
    return login.name


@contextmanager
def _wire(here: Session) -> Iterator[Wire]:
    wire = Wire(here.origin, FixedToken(""), here.ca)
    try:
        yield wire
    finally:
        wire.close()
