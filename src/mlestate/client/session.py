"""Who this machine is towards an estate: from the environment, a login, or the token file.

Looked for in this order: MLESTATE_URL with MLESTATE_TOKEN; the login in the estate's data folder;
the administrator's token file, which the first start has put there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from ..core.errors import Invalid, Unauthenticated
from .client import Client
from .tokens import ClientCredentials, FixedToken, RefreshTokens, Tokens

ORIGIN = "https://localhost:8443"
ADMIN = "admin.token"
LOGIN = "session.json"
BORROWED = "logins"
BUNDLE = Path("tls", "bundle.pem")
RUNNING = "run.json"  # what serves the folder wrote there where it answers


class Login(msgspec.Struct, frozen=True, omit_defaults=True):
    """Both files have this shape; `origin` and `name` are known for a login only. A person who
    logged in on a page has a `refresh_token`, and no secret."""

    client_id: str
    client_secret: str
    tenant: str
    origin: str = ""
    name: str = ""
    refresh_token: str = ""


class Session(msgspec.Struct, frozen=True):
    """`login` is None when a token was given ready-made. `file` is where it is kept."""

    origin: str
    ca: Path | None
    login: Login | None = None
    token: str = ""
    file: Path | None = None

    def tokens(self) -> Tokens:
        if self.login is None:
            return FixedToken(self.token)
        if self.login.refresh_token:
            return RefreshTokens(self.login.tenant, self.login.client_id, self._load, self._keep)
        return ClientCredentials(self.login.tenant, self.login.client_id, self.login.client_secret)

    def _load(self) -> str:
        """The refresh token as it is kept now."""
        kept = _read(self.file) if self.file else None
        return (kept or self.login or Login("", "", "")).refresh_token

    def _keep(self, token: str) -> None:
        if self.login is not None and self.file is not None:
            _write(self.file, msgspec.structs.replace(self.login, refresh_token=token))

    def open(
        self, patience: float = 0.0, warn: Callable[[str], None] = lambda text: None
    ) -> Client:
        return Client(self.origin, self.tokens(), self.ca, patience, warn)


def find(data: Path, environment: Mapping[str, str], url: str = "") -> Session:
    """`url` overrides where the estate is. Raises `Unauthenticated` when nothing is known."""
    if token := environment.get("MLESTATE_TOKEN", ""):
        return msgspec.structs.replace(at(data, environment, None, url), token=token)
    for file in (LOGIN, ADMIN):
        if login := _read(data / file):
            found = at(data, environment, login, url)
            return msgspec.structs.replace(found, file=data / file)
    raise Unauthenticated(
        f"nobody is logged in to an estate in `{data}`: start one with `mlestate up`,"
        " name its folder with --data, or set MLESTATE_URL and MLESTATE_TOKEN"
    )


def administrator(data: Path, environment: Mapping[str, str], url: str = "") -> Session | None:
    """The session of the token file, whoever is logged in."""
    login = _read(data / ADMIN)
    return at(data, environment, login, url) if login else None


def at(data: Path, environment: Mapping[str, str], login: Login | None, url: str = "") -> Session:
    """Where the estate is and whom to trust, for these credentials."""
    known = login.origin if login else ""
    where = url or environment.get("MLESTATE_URL", "") or known or served_at(data) or ORIGIN
    return Session(where, _bundle(data, environment), login)


def save(data: Path, login: Login) -> Path:
    """This is who we are from now on."""
    return _write(data / LOGIN, login)


def borrowed(data: Path, user: str) -> Login | None:
    """The credentials that the administrator made for a user before."""
    return _read(_borrowed(data, user))


def keep(data: Path, login: Login) -> Path:
    return _write(_borrowed(data, login.name), login)


def forget(data: Path) -> None:
    """Back to the administrator of the token file."""
    (data / LOGIN).unlink(missing_ok=True)


def _borrowed(data: Path, user: str) -> Path:
    if "/" in user or user.startswith("."):
        raise Invalid(f"`{user}` is nobody's name")
    return data / BORROWED / f"{user}.json"


def _write(path: Path, login: Login) -> Path:
    """Nobody else on the machine may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(login) + b"\n")
    partial.replace(path)
    return path


class _Running(msgspec.Struct, frozen=True):
    origin: str


def served_at(data: Path) -> str:
    """Where the estate of the folder answers, or did when it was killed; empty where none does."""
    try:
        return msgspec.json.decode((data / RUNNING).read_bytes(), type=_Running).origin
    except (OSError, msgspec.DecodeError):
        return ""


def _read(path: Path) -> Login | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Login)
    except FileNotFoundError:
        return None
    except PermissionError:
        raise Unauthenticated(
            f"`{path}` may not be read by you: log in with `mlestate login --as USER`"
        ) from None
    except msgspec.DecodeError as error:
        raise Invalid(f"`{path}` is damaged ({error}): delete it and log in again") from None


def _bundle(data: Path, environment: Mapping[str, str]) -> Path | None:
    named = environment.get("MLESTATE_CA", "")
    path = Path(named) if named else data / BUNDLE
    return path if named or path.is_file() else None
