"""What is there before anyone could make it: two role assignments (see decision 0005), and the
management group that is the estate."""

from __future__ import annotations

import uuid

from ..catalog.management import ROOT, ROOT_ID
from ..control.grants import Grants
from ..control.held import ASSIGNMENTS
from ..control.plane import Plane
from ..core import ids, roles
from ..core.access import Role
from ..core.ids import ResourceId
from ..core.resource import Resource, Stamp
from ..store.resources import Resources

_SYSTEM = uuid.UUID("9f0c6e0a-8a0f-5a43-8d0e-1f6d5a7b3c20")


def known_roles() -> dict[str, Role]:
    """Azure's built-in roles, and the one that agents have."""
    return {**roles.builtin(), roles.AGENT.id: roles.AGENT}


class Owners:
    """Implements the port of `identity.bootstrap`."""

    def __init__(self, plane: Plane, grants: Grants):
        self._plane, self._grants = plane, grants

    def make_owner(self, principal_id: str) -> None:
        owner = roles.by_name("Owner")
        assert owner is not None
        self._assign(principal_id, owner)

    def make_agent(self, principal_id: str) -> None:
        self._assign(principal_id, roles.AGENT)

    def _assign(self, principal_id: str, role: Role) -> None:
        """At the root, unless it is there already."""
        name = str(uuid.uuid5(_SYSTEM, f"{principal_id} {role.id}"))
        id = ResourceId().child("roleAssignments", name, ASSIGNMENTS.partition("/")[0])
        definition = f"/providers/Microsoft.Authorization/roleDefinitions/{role.id}"
        properties = {
            "roleDefinitionId": definition,
            "principalId": principal_id,
            "principalType": "ServicePrincipal",
            "scope": "/",
        }
        self._make(id, properties)
        self._grants.written([id])

    def make_management_group(self) -> None:
        self._make(ids.parse(ROOT_ID), {"displayName": ROOT})

    def _make(self, id: ResourceId, properties: dict[str, str]) -> None:
        """Unless it is there already."""
        stamp = Stamp("mlestate", "Application", self._plane.clock())
        made = Resource(id=id, document={"properties": properties}, created=stamp, modified=stamp)
        with self._plane.cells.estate.turn() as connection:
            store = Resources(connection)
            if store.load(id.key) is None:
                store.save(made, self._plane.fresh_id())
