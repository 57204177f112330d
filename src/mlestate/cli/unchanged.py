"""A program that knows Azure alone, run against an estate: its proxy, its variables, and itself."""

from __future__ import annotations

import os
import secrets
import ssl
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ..client.forward import server, upstream
from ..client.forward.door import Ways
from ..client.forward.place import origin
from ..client.forward.variables import proxied
from ..client.session import Login, Session
from ..core import azure_hosts
from ..identity import environment, trust
from ..identity.stand_in import stand_in
from .borrow import prove
from .child import Child, hold_signals
from .output import note
from .reach import session
from .variables import own, workspace_of

# As shells answer.
_NOT_FOUND, _NOT_RUNNABLE = 127, 126


class Wish(msgspec.Struct, frozen=True):
    """Empty words are those that were not said."""

    user: str
    workspace: str
    through: frozenset[str]
    verbose: bool


def run(data: Path, url: str, command: Sequence[str], wish: Wish) -> int:
    """The command's exit code."""
    here = session(data, url)
    login = prove(data, url, wish.user) if wish.user else own(data, here)
    here = Session(here.origin, here.ca, login)
    with tempfile.TemporaryDirectory(prefix="mlestate-run-") as folder:
        bundle = Path(folder, "bundle.pem")
        variables = _variables(here, login, wish, bundle)
        ways = _ways(here, wish, bundle)
        return _run(command, variables, ways)


def _variables(here: Session, login: Login, wish: Wish, bundle: Path) -> Mapping[str, str]:
    with here.open() as client:
        me = client.get("/estate/v1/me") or {}
        return environment.without_clouds(os.environ) | environment.unchanged(
            environment.Estate(here.origin, "AzureCloud", bundle),
            str(me["tenant"]),
            environment.Login(login.client_id, login.client_secret),
            workspace_of(client, wish.workspace) if wish.workspace else None,
        )


def _ways(here: Session, wish: Wish, bundle: Path) -> Ways:
    faked = stand_in(azure_hosts.NAMES, bundle.parent, datetime.now(UTC))
    own_authority = [here.ca.read_bytes()] if here.ca else []
    bundle.write_bytes(trust.bundle(os.environ, [*own_authority, faked.authority]))
    return Ways(
        estate=origin(here.origin),
        trust=ssl.create_default_context(cafile=str(here.ca) if here.ca else None),
        stand_in=faked.context,
        upstreams=upstream.read(os.environ),
        secret=f"run:{secrets.token_urlsafe(24)}",
        through=wish.through,
        say=_say if wish.verbose else _silent,
    )


def _run(command: Sequence[str], variables: Mapping[str, str], ways: Ways) -> int:
    hold_signals()
    with server.listen() as listener:
        port = listener.getsockname()[1]
        try:
            child = Child(command, proxied(variables, port, ways.secret))
        except OSError as error:
            note(f"error: `{command[0]}` cannot be run: {error.strerror}")
            return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_RUNNABLE
        with server.serving(listener, ways):
            return child.wait()


def _say(text: str) -> None:
    note(f"mlestate run: {text}")


def _silent(text: str) -> None:
    """Nobody asked."""
