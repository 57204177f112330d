"""What is wrong with a workspace: the resources it stands on, in the words of Azure's answer."""

from __future__ import annotations

from ...control.elsewhere import is_elsewhere
from ...core import ids
from ...core.lifecycle import Work
from ...core.resource import Resource

# The answer's lists, each with the property of the workspace that it is about.
_ABOUT = {
    "storageAccountResults": "storageAccount",
    "keyVaultResults": "keyVault",
    "applicationInsightsResults": "applicationInsights",
    "containerRegistryResults": "containerRegistry",
}
# What Azure looks at besides, and an estate does not have.
_NOT_HERE = (
    "userDefinedRouteResults",
    "networkSecurityRuleResults",
    "resourceLockResults",
    "dnsResolutionResults",
    "otherResults",
)


def diagnosis(work: Work, workspace: Resource) -> dict[str, list[dict[str, str]]]:
    """Every list is there; a healthy workspace has them all empty."""
    found: dict[str, list[dict[str, str]]] = {name: [] for name in _NOT_HERE}
    for name, field in _ABOUT.items():
        found[name] = _faults(work, field, str(workspace.properties.get(field) or ""))
    return found


def _faults(work: Work, field: str, text: str) -> list[dict[str, str]]:
    if not text or work.find(id := ids.parse(text)) is not None:
        return []
    if field == "keyVault" and is_elsewhere(work, id):
        return []
    message = f"`{field}` names `{text}`, which is not there any more"
    return [{"code": "ResourceNotFound", "level": "Error", "message": message}]
