"""Credentials of a user or service principal: given, kept, or made by the administrator."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any

from ..client.client import Client
from ..client.session import Login, Session, administrator, at, borrowed, keep
from ..core.errors import Forbidden, NotFound, Unauthenticated

ADMINISTRATOR = "admin"
# Every estate answers to this name of its tenant, so that none need be known.
TENANT = "adfs"
# Made anew when it has ended, so it need not be good for long.
_DAYS = 30


def prove(data: Path, url: str, user: str, secret: str = "") -> Login:
    """Credentials that have just opened the estate. Raises what the estate refused."""
    admin = administrator(data, os.environ, url)
    if secret:
        return _tried(data, url, user, secret)
    if admin is None:
        return _tried(data, url, user, _ask(user))
    if kept := _kept(data, admin, user):
        return kept
    try:
        login = mint(admin, user)
    except Forbidden:
        if not sys.stdin.isatty():
            raise
        return _tried(data, url, user, _ask(user))
    keep(data, login)
    return login


def own_secret(data: Path, here: Session) -> Login:
    """A secret of somebody who logged in on a page, for programs that know no other way."""
    login = here.login
    if login is None:
        raise Unauthenticated("a token alone makes no secrets: log in with `mlestate login`")
    if kept := _kept(data, here, login.name):
        return kept
    made = mint(here, login.name)
    keep(data, made)
    return made


def mint(admin: Session, user: str) -> Login:
    """A new secret of the user, made by the administrator; the estate decides whether it may be."""
    if admin.login is None:
        raise Unauthenticated("a token alone makes no secrets: name the data folder with --data")
    with admin.open() as client:
        made = _secret(client, user)
    return Login(made["clientId"], made["secret"], admin.login.tenant, admin.origin, user)


def _secret(client: Client, name: str) -> Any:
    # A label of its own: the secrets that others use stay good.
    body = {"label": f"mlestate-{secrets.token_hex(4)}", "days": _DAYS}
    try:
        return client.post(f"/estate/v1/users/{name}/secrets", body)
    except NotFound as nobody:
        try:
            return client.post(f"/estate/v1/servicePrincipals/{name}/secrets", body)
        except NotFound:
            raise nobody from None


def _kept(data: Path, admin: Session, user: str) -> Login | None:
    """What was made before, while it still opens the estate."""
    kept = borrowed(data, user)
    if kept is None:
        return None
    try:
        _open(Session(admin.origin, admin.ca, kept))
    except Unauthenticated:
        return None
    return kept


def _tried(data: Path, url: str, user: str, secret: str) -> Login:
    known = administrator(data, os.environ, url) or at(data, os.environ, None, url)
    tenant = known.login.tenant if known.login else TENANT
    login = Login(user, secret, tenant, known.origin, user)
    _open(Session(known.origin, known.ca, login))
    return login


def _open(session: Session) -> None:
    with session.open() as client:
        client.token()


def _ask(user: str) -> str:
    if not sys.stdin.isatty():
        raise Unauthenticated(f"there is nobody to ask for the secret of `{user}`: say --secret")
    import getpass

    return getpass.getpass(f"Client secret of {user}: ")
