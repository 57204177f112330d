"""The credentials of a user: given, kept from before, or made by the administrator."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from ..client.session import Login, Session, administrator, find
from ..core.errors import Forbidden, Unauthenticated

ADMINISTRATOR = "admin"


def prove(data: Path, url: str, user: str, secret: str = "") -> Login:
    """Credentials that have just opened the estate. Raises what the estate refused."""
    admin = administrator(data, os.environ, url)
    if secret:
        return _tried(data, url, user, secret)
    if admin is None:
        return _tried(data, url, user, _ask(user))
    try:
        return mint(admin, user)
    except Forbidden:
        if not sys.stdin.isatty():
            raise
    return _tried(data, url, user, _ask(user))


def mint(admin: Session, user: str) -> Login:
    """A new secret of the user, made by the administrator; the estate decides whether it may be."""
    if admin.login is None:
        raise Unauthenticated("a token alone makes no secrets: name the data folder with --data")
    with admin.open() as client:
        # A label of its own: the secrets that others use stay good.
        label = f"mlestate-{secrets.token_hex(4)}"
        made = client.post(f"/estate/v1/users/{user}/secrets", {"label": label})
    return Login(made["clientId"], made["secret"], admin.login.tenant, admin.origin, user)


def _tried(data: Path, url: str, user: str, secret: str) -> Login:
    known = administrator(data, os.environ, url) or find(data, os.environ, url)
    tenant = known.login.tenant if known.login else "adfs"
    login = Login(user, secret, tenant, known.origin, user)
    with Session(known.origin, known.ca, login).open() as client:
        client.token()
    return login


def _ask(user: str) -> str:
    if not sys.stdin.isatty():
        raise Unauthenticated(f"there is nobody to ask for the secret of `{user}`: say --secret")
    import getpass

    return getpass.getpass(f"Client secret of {user}: ")
