"""How long the estate keeps its activity log: one resource, for all regions."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ..core import durations
from ..core.errors import PlatformError
from ..core.resource import Change
from ..core.resource_type import ResourceType
from . import names
from .authorization import ASSIGNMENTS
from .writing import and_same_on, filled, refuse

DAY = 86_400.0
# Azure's own.
USUAL = "P90D"
MOST_DAYS = 3660


class ActivityLog(Struct, frozen=True):
    """`keep` is an ISO 8601 duration of whole days: what is older is dropped."""

    keep: str = USUAL


def days(keep: str) -> float:
    return durations.parse(keep) / DAY


def _check(change: Change) -> None:
    try:
        said = days(change.typed.keep)
    except PlatformError as error:
        refuse([("$.properties.keep", str(error))])
        return
    if said != int(said) or not 1 <= said <= MOST_DAYS:
        text = f"`{change.typed.keep}` is not 1 to {MOST_DAYS} days: write `P400D`"
        refuse([("$.properties.keep", text)])


def _complete(change: Change) -> dict[str, Any]:
    return filled(change.properties, keep=USUAL)


ACTIVITY_LOGS = ResourceType(
    name="Mlestate.Organization/activityLogs",
    doc="How long the activity log is kept.",
    properties=ActivityLog,
    name_rule=names.THE_ONE,
    estate_wide=True,
    # A shorter time forgets what people did: Contributor is not enough.
    also=and_same_on(ASSIGNMENTS),
    stateful=False,
    check=_check,
    complete=_complete,
)
