"""ARM's addresses that are of no one type: what a subscription offers, and what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...control import tagging
from . import said
from .arm import VERSION
from .places import GROUP, SCOPES, SUBSCRIPTION
from .shapes import Shapes

Document = dict[str, Any]
BODIES = (tagging.Put, tagging.Patch)
_PAGE = ("$filter", "$top", "$skipToken", "$expand")
_READ = "Microsoft.Resources/subscriptions"
# By path: the action, and the keys of the query string.
_LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "/providers": ("any known caller", ()),
    "/providers/{namespace}": ("any known caller", ()),
    f"{SUBSCRIPTION}/providers": (f"{_READ}/providers/read", ()),
    f"{SUBSCRIPTION}/providers/{{namespace}}": (f"{_READ}/providers/read", ()),
    f"{SUBSCRIPTION}/locations": (f"{_READ}/locations/read", ()),
    f"{SUBSCRIPTION}/tagNames": ("what the caller may read", ()),
    f"{SUBSCRIPTION}/resources": ("what the caller may read", _PAGE),
    f"{GROUP}/resources": ("what the caller may read", _PAGE),
}
_AUTHORIZATION = "Microsoft.Authorization"
_LOCATIONS = "Microsoft.MachineLearningServices/locations"
_WEBHOOKS = "Mlestate.Organization/webhooks"
_EVENTS = "Microsoft.Insights/eventtypes"
_ACCOUNTS = "Microsoft.Storage/storageAccounts"
_ACCOUNT = f"{_ACCOUNTS}/{{storageAccountsName}}"
# Lists that nobody writes: what roles for a time come to, what a region has, what happened. By
# type: the scopes, what follows each of them, and the keys of the query string.
_COMPUTED: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    **{
        f"{_AUTHORIZATION}/{word}": (SCOPES, f"{_AUTHORIZATION}/{word}", ("$filter",))
        for word in (
            "eligibleChildResources",
            "permissions",
            "roleAssignmentSchedules",
            "roleAssignmentScheduleInstances",
            "roleEligibilitySchedules",
            "roleEligibilityScheduleInstances",
        )
    },
    **{
        f"{_LOCATIONS}/{word}": ((SUBSCRIPTION,), f"{_LOCATIONS}/{{locationName}}/{word}", ())
        for word in ("quotas", "usages", "vmSizes")
    },
    f"{_EVENTS}/values": (
        ("", SUBSCRIPTION),
        f"{_EVENTS}/management/values",
        ("$filter", "$top", "$select", "$skipToken"),
    ),
    "Microsoft.Insights/eventcategories": (("",), "Microsoft.Insights/eventcategories", ()),
    f"{_ACCOUNTS}/blobServices": ((GROUP,), f"{_ACCOUNT}/blobServices", ()),
    f"{_ACCOUNTS}/blobServices/containers": (
        (GROUP,),
        f"{_ACCOUNT}/blobServices/default/containers",
        (),
    ),
    f"{_WEBHOOKS}/deliveries": (("",), f"{_WEBHOOKS}/{{webhooksName}}/deliveries", ()),
}
_TAGS = f"/providers/{tagging.TYPE}/{tagging.NAME}"


def paths(shapes: Shapes) -> Iterator[tuple[str, str, Document]]:
    """Each as path, method in lower case, operation."""
    for path, (action, words) in _LISTS.items():
        yield path, "get", _operation(action, words)
    for type, (scopes, rest, words) in _COMPUTED.items():
        for scope in scopes:
            yield f"{scope}/providers/{rest}", "get", _operation(f"{type}/read", words)
    put, patch = (said.json(shapes.body(body)) for body in BODIES)
    for scope in (SUBSCRIPTION, GROUP):
        path = f"{scope}{_TAGS}"
        yield path, "get", _operation(f"{tagging.TYPE}/read")
        yield path, "put", {**_operation(f"{tagging.TYPE}/write"), "requestBody": put}
        yield path, "patch", {**_operation(f"{tagging.TYPE}/write"), "requestBody": patch}
        yield path, "delete", _operation(f"{tagging.TYPE}/delete")


def _operation(action: str, words: tuple[str, ...] = ()) -> Document:
    return {
        "tags": ["Microsoft.Resources"],
        "summary": action,
        "parameters": [VERSION, *(said.query(word, "") for word in words)],
        "responses": said.responses({"2XX": {}}),
    }
