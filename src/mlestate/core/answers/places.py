"""Workspaces as people speak of them: of a project, in an environment."""

from __future__ import annotations

import msgspec

from ..areas import ancestors
from ..errors import Invalid
from .abilities import Ability

_BESIDE = {
    "vault": "/providers/microsoft.keyvault/vaults/",
    "registry": "/providers/microsoft.containerregistry/registries/",
    "insights": "/providers/microsoft.insights/components/",
}
# As models are promoted, for want of a lane that says so.
_STAGES = ("explore", "exploration", "sandbox", "dev", "test", "qa", "staging", "preprod", "prod")


class Place(msgspec.Struct, frozen=True):
    """A workspace. `storage` is the id of its account, empty where that is not known; `beside` has
    those of its vault, its registry and its insights, as far as there are some."""

    id: str
    name: str
    project: str = ""
    environment: str = ""
    location: str = ""
    storage: str = ""
    beside: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[str, int, str, str]:
        """By project, then as environments follow each other, then by name."""
        word = self.environment.casefold()
        stage = _STAGES.index(word) if word in _STAGES else len(_STAGES)
        return (self.project.casefold(), stage, word, self.id.casefold())

    @property
    def group(self) -> str:
        return "/".join(self.id.split("/")[:5])

    @property
    def subscription(self) -> str:
        return "/".join(self.id.split("/")[:3])

    def scope(self, ability: Ability) -> str:
        """Where an ability is asked for, here. Raises Invalid for an action on what no workspace
        has."""
        match ability.at:
            case "group":
                return self.group
            case "subscription":
                return self.subscription
            case "storage":
                # Of what stands beside the workspace nothing nearer is known than their group.
                return self.storage or self.group
            case "vault" | "registry" | "insights":
                mark = _BESIDE[ability.at]
                return next((id for id in self.beside if mark in id.lower()), self.group)
            case "estate":
                return "/"
            case None:
                raise Invalid(
                    f"`{ability.action[:200]}` is about no workspace, nor what belongs to one, "
                    f"such as `{self.name}`: name a resource group, a subscription or an id",
                    target="scope",
                )
        return self.id

    def within(self, scope: str) -> bool:
        return scope.rstrip("/").lower() in ancestors(self.id.lower())


def scope_of(ability: Ability, scope: str) -> str:
    """Where an ability is asked for whose place is but an id: at a scope above it, if at any. An
    action is asked there itself."""
    if ability.raw:
        return scope
    parts = scope.rstrip("/").split("/")
    if ability.at == "subscription" and len(parts) > 3 and parts[1].lower() == "subscriptions":
        return "/".join(parts[:3])
    if ability.at == "group" and len(parts) > 5 and parts[3].lower() == "resourcegroups":
        return "/".join(parts[:5])
    return scope
