"""What the directory has to say in the activity log."""

from __future__ import annotations

from typing import Any

from ..core import activity
from ..core.activity import FAILED, UNASKED, Asked, By, Event
from ..core.principals import Kind, Principal
from ..core.provisioned import ProvisioningToken

NAMESPACE = "mlestate.Identity"
LOGIN = f"{NAMESPACE}/sessions/login/action"
END = f"{NAMESPACE}/sessions/delete"
COLLECTIONS: dict[Kind, str] = {
    "User": "users",
    "Group": "groups",
    "ServicePrincipal": "servicePrincipals",
}


def of_principal(by: By, at: float, verb: str, principal: Principal, **known: Any) -> Event:
    """`verb` is `write`, `delete`, or such as `secrets/write`."""
    action = f"{NAMESPACE}/{COLLECTIONS[principal.kind]}/{verb}"
    return activity.event(by, at, action, id_of(principal), **known)


def of_token(by: By, at: float, verb: str, token: ProvisioningToken) -> Event:
    """With a directory's token all people and groups are made; its text is in no event."""
    action = f"{NAMESPACE}/provisioningTokens/{verb}"
    return activity.event(by, at, action, f"/estate/v1/provisioningTokens/{token.label}")


def of_login(by: By, at: float, principal: Principal, client: str) -> Event:
    """`client` is the program that they logged in with, where it says so itself."""
    known = {} if client in (principal.client_id, "") else {"message": f"with `{client[:100]}`"}
    who = By(principal.id, principal.name, principal.kind, asked=by.asked)
    return activity.event(who, at, LOGIN, id_of(principal), code=200, requests=1, **known)


def of_failed_login(by: By, at: float, principal: Principal | None, why: str) -> Event:
    """Of who is not known not even the name is told: people type passwords into its field."""
    id, name, place = "", "(unknown)", "/estate/v1/users"
    if principal is not None:
        id, name, place = principal.id, principal.name, id_of(principal)
    who = By(id, name, principal.kind if principal else "", asked=by.asked)
    return activity.event(who, at, LOGIN, place, status=FAILED, code=401, error=why, requests=1)


def of_end(at: float, principal: Principal, why: str, asked: Asked = UNASKED) -> Event:
    """A session that is over before its time. `why` is empty where its owner ended it."""
    who = By(asked=asked) if why else By(principal.id, principal.name, principal.kind)
    return activity.event(who, at, END, id_of(principal), **({"error": why} if why else {}))


def id_of(principal: Principal) -> str:
    return f"/estate/v1/{COLLECTIONS[principal.kind]}/{principal.name}"
