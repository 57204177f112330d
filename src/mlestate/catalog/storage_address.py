"""Where a storage account is reached, which depends on how the reader reached the estate.

`*.localhost` does not resolve everywhere, so on this machine accounts are paths of the one origin;
clients build `https://{account name}.blob.{suffix}` from what they are told.
"""

from __future__ import annotations

from ..core.resource import View

_ON_THIS_MACHINE = ("localhost", "127.0.0.1")
_PREFIX = "/_blob/"


def shown(account: str, view: View) -> str:
    """The account name to tell a client: `localhost:8443/_blob/acct` here, plain elsewhere."""
    host = view.authority.partition(":")[0].lower()
    return f"{view.authority}{_PREFIX}{account}" if host in _ON_THIS_MACHINE else account


def plain(account: str) -> str:
    """The account's own name, from any form that a client may send back."""
    _, found, rest = account.rpartition(_PREFIX)
    return rest.partition(".")[0] if found else account


def blob_endpoint(account: str, view: View) -> str:
    return f"https://{shown(account, view)}.blob.{view.storage_suffix}/"


def blob_origin(account: str, view: View) -> str:
    """Where its containers are for certain: below the estate's own origin, which resolves wherever
    the reader stands; or at the account's own host, for who came by one of Azure's names."""
    named = f"{account}.blob.{view.storage_suffix}"
    if view.by_azures_name:
        return f"https://{named}"
    return f"{view.origin}{_PREFIX}{named}"
