"""The whole file."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from .conventions import Conventions
from .given import Assignment, Denial
from .house import Azure, Naming, Record, Regions, Tags
from .levels import Division
from .people import CustomRole, Group, Members, Person, Roles, ServicePrincipal
from .settings import Settings
from .shape import Spec, says
from .webhooks import Webhook


class Estate(Spec, frozen=True, kw_only=True, dict=True):
    """An estate of machine-learning environments."""

    schema: Annotated[Literal[1], says("The version of this file's shape.")]
    id: Annotated[str, says("Permanent: every drawn id of the estate comes from it.")]
    include: Annotated[
        tuple[str, ...], says("More files, as patterns such as teams/*.yaml; keys are merged.")
    ] = ()
    azure: Annotated[Azure, says("The organisation's directory and subscriptions.")]
    regions: Annotated[Regions, says("Where things stand.")]
    naming: Annotated[Naming, says("Patterns of names.")] = Naming()
    tags: Annotated[Tags, says("Tags of resources.")] = Tags()
    defaults: Annotated[Settings, says("What every environment has unless it says else.")] = (
        Settings()
    )
    environments: Annotated[dict[str, Settings], says("In the order in which things are promoted.")]
    roles: Annotated[Roles, says("Role, environment, Azure roles; no entry, no access.")]
    custom_roles: Annotated[dict[str, CustomRole], says("Roles of the estate's own, by name.")] = {}
    conventions: Annotated[
        Conventions, says("For what people make in workspaces: how it is called, how tagged.")
    ] = Conventions()
    record: Annotated[
        Record | None, says("The activity log; left out, what is 90 days old is dropped.")
    ] = None
    webhooks: Annotated[dict[str, Webhook], says("Addresses that are told of what happens.")] = {}
    people: Annotated[dict[str, Person], says("People, by id.")] = {}
    groups: Annotated[dict[str, Group], says("Groups of people, by id.")] = {}
    service_principals: Annotated[dict[str, ServicePrincipal], says("Automation, by id.")] = {}
    members: Annotated[
        Members, says("Who holds a role in whole subscriptions: those who look after the estate.")
    ] = {}
    assignments: Annotated[
        dict[str, Assignment], says("Roles at one scope, beside `roles` and `members`, by name.")
    ] = {}
    denials: Annotated[
        dict[str, Denial], says("What no role gives at one scope, not even Owner, by name.")
    ] = {}
    divisions: Annotated[dict[str, Division], says("The parts of the organisation, by id.")]

    @cached_property
    def guests(self) -> dict[str, str]:
        """Every guest by id, those in groups and these groups, with its kind."""
        found: dict[str, str] = {}
        for division in self.divisions.values():
            for project in division.projects.values():
                for id, guest in project.guests.items():
                    found[id] = "Group" if guest.people else "User"
                    found |= dict.fromkeys(guest.people, "User")
        return found

    @cached_property
    def principals(self) -> dict[str, str]:
        """Every declared principal of the house by id, with its kind as role assignments write
        it."""
        return (
            dict.fromkeys(self.people, "User")
            | dict.fromkeys(self.groups, "Group")
            | dict.fromkeys(self.service_principals, "ServicePrincipal")
        )
