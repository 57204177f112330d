"""The first start: the administrator, the agents of the regions, and their token files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import msgspec

from ..core.errors import Unauthenticated
from ..core.founders import ADMINISTRATOR as ADMINISTRATOR
from ..core.founders import agent_name as agent_name
from ..core.principals import Principal
from . import private_file
from .credentials import Credentials
from .directory import Directory

ADMIN_FILE = "admin.token"
AGENT_FILE = "agent.token"
# Whoever reads the file could make the secret anew: it need not be changed by date.
_LIFETIME = 10 * 365 * 86400.0
_LABEL = "token file"


class TokenFile(msgspec.Struct, frozen=True):
    """What a token file holds, as JSON: enough to log in with client credentials."""

    client_id: str
    client_secret: str
    tenant: str


class Owners(Protocol):
    """Role assignments; kept by another room."""

    def make_owner(self, principal_id: str) -> None:
        """Give a service principal Owner at `/`, unless it has it. Safe to repeat."""

    def make_agent(self, principal_id: str) -> None:
        """Let a service principal lease jobs. Safe to repeat."""


class Founded(msgspec.Struct, frozen=True):
    """Who is there after every start; `agents` by region."""

    administrator: Principal
    agents: dict[str, Principal]


def found(
    data: Path,
    regions: Iterable[str],
    directory: Directory,
    credentials: Credentials,
    owners: Owners,
) -> Founded:
    """Make what is missing; safe at every start, and on a data folder that was restored."""
    administrator, _ = directory.put("ServicePrincipal", ADMINISTRATOR, "Administrator", True)
    owners.make_owner(administrator.id)
    _ensure_file(data / ADMIN_FILE, administrator, directory.tenant, credentials)
    agents = {each: found_agent(data, each, directory, credentials, owners) for each in regions}
    return Founded(administrator, agents)


def found_agent(
    data: Path, region: str, directory: Directory, credentials: Credentials, owners: Owners
) -> Principal:
    """The agent of one region, with its token file. Safe to repeat."""
    agent, _ = directory.put("ServicePrincipal", agent_name(region), f"Agent of {region}", True)
    owners.make_agent(agent.id)
    path = data / "regions" / region / AGENT_FILE
    _ensure_file(path, agent, directory.tenant, credentials)
    return agent


def read(path: Path) -> TokenFile:
    return msgspec.json.decode(path.read_bytes(), type=TokenFile)


def _ensure_file(path: Path, principal: Principal, tenant: str, credentials: Credentials) -> None:
    if _opens(path, principal, tenant, credentials):
        return
    _revoke_old(principal, credentials)
    _, text = credentials.create_secret(principal, _LABEL, _LIFETIME)
    content = TokenFile(principal.client_id, text, tenant)
    private_file.write(path, msgspec.json.encode(content) + b"\n")


def _opens(path: Path, principal: Principal, tenant: str, credentials: Credentials) -> bool:
    """True when the file is there, private, and logs that principal in."""
    if not path.exists() or path.stat().st_mode & 0o077:
        return False
    try:
        kept = read(path)
        proof = credentials.check_secret(kept.client_id, kept.client_secret)
    except (msgspec.DecodeError, Unauthenticated):
        # A file cut short, or of an estate that was here before: made anew.
        return False
    return proof.principal.id == principal.id and kept.tenant == tenant


def _revoke_old(principal: Principal, credentials: Credentials) -> None:
    if any(secret.label == _LABEL for secret in credentials.secrets(principal)):
        credentials.revoke_secret(principal, _LABEL)
