"""Connections: how a workspace reaches a service outside of it, with the credentials for it."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from ..core.resource import Change
from ..core.resource_type import Action, Filter, ResourceType
from ..core.validate import Fault
from ..core.words import Word
from . import names
from .connection_categories import CATEGORIES
from .references import WORKSPACE, fault_of_id, workspace_of
from .writing import filled, refuse


class AuthType(Word):
    PAT = "PAT"
    MANAGED_IDENTITY = "ManagedIdentity"
    USERNAME_PASSWORD = "UsernamePassword"
    NONE = "None"
    SAS = "SAS"
    ACCOUNT_KEY = "AccountKey"
    SERVICE_PRINCIPAL = "ServicePrincipal"
    ACCESS_KEY = "AccessKey"
    API_KEY = "ApiKey"
    CUSTOM_KEYS = "CustomKeys"
    OAUTH2 = "OAuth2"
    AAD = "AAD"
    DELEGATED_SAS = "DelegatedSAS"
    PROJECT_MANAGED_IDENTITY = "ProjectManagedIdentity"
    ACCOUNT_MANAGED_IDENTITY = "AccountManagedIdentity"
    USER_ENTRA_TOKEN = "UserEntraToken"
    AGENT_USER_IMPERSONATION = "AgentUserImpersonation"
    AGENTIC_IDENTITY_TOKEN = "AgenticIdentityToken"
    AGENTIC_USER = "AgenticUser"


VAULTS = "Microsoft.KeyVault/vaults"
_WITH_SECRETS = {
    AuthType.PAT,
    AuthType.USERNAME_PASSWORD,
    AuthType.SAS,
    AuthType.ACCOUNT_KEY,
    AuthType.SERVICE_PRINCIPAL,
    AuthType.ACCESS_KEY,
    AuthType.API_KEY,
    AuthType.CUSTOM_KEYS,
    AuthType.OAUTH2,
}


class Connection(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which credentials there are depends on the auth type; custom keys are a map below `keys`."""

    auth_type: AuthType
    category: str
    credentials: dict[str, str | dict[str, str | None] | None] | None = None
    expiry_time: str | None = None
    is_shared_to_all: bool | None = None
    metadata: dict[str, str | None] | None = None
    shared_user_list: list[str] | None = None
    target: str | None = None
    use_workspace_managed_identity: bool | None = None


def _check(change: Change) -> None:
    typed: Connection = change.typed
    found: list[Fault] = []
    if typed.category.lower() not in CATEGORIES:
        text = f"`{typed.category[:80]}` is not a category that Azure has"
        found.append(("$.properties.category", text))
    elif is_vault(change.properties):
        found += _vault_faults(typed)
    if _lacks_credentials(change):
        text = f"`{typed.auth_type}` needs credentials"
        found.append(("$.properties.credentials", text))
    refuse(found)


def is_vault(properties: dict[str, Any]) -> bool:
    """Whether it points to a key vault."""
    return str(properties.get("category")).lower() == "azurekeyvault"


def _vault_faults(typed: Connection) -> list[Fault]:
    """A pointer and no more: who reads a vault comes with an identity."""
    found: list[Fault] = []
    if typed.auth_type in _WITH_SECRETS:
        text = f"a key vault is opened by identities: `{typed.auth_type}` cannot be"
        found.append(("$.properties.authType", text))
    target = typed.target or ""
    if target.startswith("/"):
        if text := fault_of_id(target, VAULTS):
            found.append(("$.properties.target", text))
    elif not re.fullmatch(r"https://[\w-]+\.vault\.[\w.-]+/?", target):
        text = f"`{target[:200]}` is neither the id of a key vault nor its https://… address"
        found.append(("$.properties.target", text))
    return found


def _lacks_credentials(change: Change) -> bool:
    typed: Connection = change.typed
    if typed.auth_type not in _WITH_SECRETS or typed.credentials or change.secrets:
        return False
    before = change.old.properties.get("authType") if change.old else None
    return str(before).lower() != typed.auth_type.lower()


def _complete(change: Change) -> dict[str, Any]:
    return {
        **filled(change.properties, isSharedToAll=False, metadata={}),
        "createdByWorkspaceArmId": workspace_of(change.id),
    }


CONNECTIONS = ResourceType(
    name=f"{WORKSPACE}/connections",
    doc="A service outside of the workspace, with the credentials to reach it.",
    properties=Connection,
    name_rule=names.CONNECTION,
    stateful=False,
    created=200,
    actions=(Action(name="listsecrets"),),
    filters={"category": Filter(("category",)), "target": Filter(("target",))},
    read_only=("createdByWorkspaceArmId", "group"),
    secrets=("credentials",),
    secrets_by="authType",
    check=_check,
    complete=_complete,
)
