"""The roles that a file can name: Azure's own, and those that it declares."""

from __future__ import annotations

from ..core import roles
from ..core.access import Permission, Role
from .spec import Estate


def role(estate: Estate, name: str) -> Role | None:
    """By its name in the file; None for what is neither built in nor declared."""
    if custom := estate.custom_roles.get(name):
        permission = Permission(
            custom.actions, custom.not_actions, custom.data_actions, custom.not_data_actions
        )
        return Role(name, name, (permission,))
    return roles.by_name(name)
