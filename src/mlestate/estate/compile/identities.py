"""Ids that Azure would draw at random, drawn from the file instead: the same each time."""

from __future__ import annotations

from uuid import NAMESPACE_OID, uuid5

# Changing this would make strangers of every principal and assignment of every estate.
_SPACE = uuid5(NAMESPACE_OID, "mlestate")


def object_id(estate: str, kind: str, name: str) -> str:
    """The directory object of a User, Group or ServicePrincipal."""
    return _draw(estate, kind, name)


def role_id(estate: str, name: str) -> str:
    return _draw(estate, "roleDefinition", name)


def assignment_id(scope: str, role: str, principal: str) -> str:
    """The triple is what makes an assignment: another role is another assignment."""
    return _draw("roleAssignment", scope, role, principal)


def eligibility_id(scope: str, role: str, principal: str) -> str:
    return _draw("roleEligibility", scope, role, principal)


def glass_id(scope: str, role: str, who: str) -> str:
    return _draw("breakGlass", scope, role, who)


def _draw(*parts: str) -> str:
    return str(uuid5(_SPACE, "\0".join(parts).lower()))
