"""Actions on data among those on resources, or the reverse: there they have no effect."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ...core import roles
from ..reading.source import Path
from .finding import Hit
from .subject import Subject

# Of a provider's own, what all actions on data begin with.
_DATA = {
    "microsoft.storage/": tuple(
        f"microsoft.storage/storageaccounts/{each}/"
        for each in (
            "blobservices/containers/blobs",
            "fileservices/fileshares/files",
            "fileservices/readfilebackupsemantics",
            "fileservices/writefilebackupsemantics",
            "fileservices/takeownership",
            "queueservices/queues/messages",
            "tableservices/tables/entities",
        )
    ),
    # These have none.
    "microsoft.machinelearningservices/": (),
    "microsoft.resources/": (),
    "microsoft.authorization/": (),
    "mlestate.": (),
}
# As Azure has it, and named on data alone by the roles that are known here.
_BOTH = {"microsoft.keyvault/vaults/keys/read"}
# Each list of a role or denial, and where its misplaced actions belong.
_OTHER = {
    "actions": "dataActions",
    "notActions": "notDataActions",
    "dataActions": "actions",
    "notDataActions": "notActions",
}


def misplaced_action(subject: Subject) -> Iterator[Hit]:
    for path, action in _every(subject):
        key, owner = str(path[2]), str(path[1])
        on_data = key in ("dataActions", "notDataActions")
        if _is_no_data(action) if on_data else _is_data(action):
            what = "on no data" if on_data else "on data"
            text = f"`{action}` of `{owner}` is an action {what}, and does nothing in `{key}`"
            yield Hit(path, f"{text}: it belongs in `{_OTHER[key]}`")


def _every(subject: Subject) -> Iterator[tuple[Path, str]]:
    estate = subject.estate
    for part, some in (("customRoles", estate.custom_roles), ("denials", estate.denials)):
        for name, one in some.items():
            lists = (one.actions, one.not_actions, one.data_actions, one.not_data_actions)
            for key, actions in zip(_OTHER, lists, strict=True):
                yield from (((part, name, key, i), action) for i, action in enumerate(actions))


def _is_data(action: str) -> bool:
    """As far as it is certain: of a wildcard, that nothing else can be meant."""
    fixed = _fixed(action)
    return action.lower() in _known() or any(
        fixed.startswith(each) for known in _DATA.values() for each in known
    )


def _is_no_data(action: str) -> bool:
    fixed = _fixed(action)
    for provider, known in _DATA.items():
        if fixed.startswith(provider):
            return not any(each.startswith(fixed) or fixed.startswith(each) for each in known)
    return False


def _fixed(action: str) -> str:
    """What comes before a wildcard."""
    return action.lower().partition("*")[0]


@cache
def _known() -> frozenset[str]:
    """What Azure's own roles name as an action on data, and none as one on resources."""
    permissions = [each for role in roles.builtin().values() for each in role.permissions]
    data = {action.lower() for each in permissions for action in each.data_actions}
    plain = {action.lower() for each in permissions for action in each.actions}
    return frozenset(each for each in data - plain if "*" not in each and each not in _BOTH)
