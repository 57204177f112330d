"""The variables of `mlestate env`: who, where, and how they are printed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

from ..client.client import Client
from ..client.session import BUNDLE, Login, Session
from ..core.errors import Invalid
from ..identity import environment
from . import borrow
from .borrow import prove
from .reach import session, workspace_id


def variables(data: Path, url: str, workspace: str, user: str) -> dict[str, str]:
    here = session(data, url)
    login = prove(data, url, user) if user else own(data, here)
    with Session(here.origin, here.ca, login).open() as client:
        return environment.variables(
            environment.Estate(here.origin, _cloud(client), here.ca or data / BUNDLE),
            environment.Login(login.client_id, login.client_secret),
            workspace_of(client, workspace) if workspace else None,
            client.token(),
        )


def render(values: Mapping[str, str], format: str) -> str:
    if format == "json":
        return json.dumps(values, indent=2)
    if format == "dotenv":
        return "\n".join(f"{key}={json.dumps(value)}" for key, value in values.items())
    return "\n".join(f"export {key}={shlex.quote(value)}" for key, value in values.items())


def own(data: Path, here: Session) -> Login:
    if here.login is None:
        raise Invalid("a token alone cannot be handed to other programs: say --as USER, or log in")
    return here.login if here.login.client_secret else borrow.own_secret(data, here)


def _cloud(client: Client) -> str:
    """The name under which the estate lists itself as a cloud."""
    clouds = client.get("/metadata/endpoints")
    first = clouds[0] if isinstance(clouds, list) and clouds else clouds
    if not first:
        raise Invalid(f"`{client.origin}` says nothing of itself under /metadata/endpoints")
    return str(first["name"])


def workspace_of(client: Client, name: str) -> environment.Workspace:
    # /subscriptions/S/resourceGroups/G/providers/Microsoft.MachineLearningServices/workspaces/W
    parts = workspace_id(client, name).split("/")
    if len(parts) != 9:
        raise Invalid(f"`{name}` is not the id of a workspace")
    return environment.Workspace(parts[2], parts[4], parts[8])
