"""What is read beside the types that a file names: what stands in the way of some of them."""

from __future__ import annotations

from collections.abc import Iterable

from ...catalog.break_glass import GLASS
from ...catalog.role_policies import ASSIGNMENTS as TERMS
from ...catalog.schedule_requests import ACTIVATIONS, ELIGIBILITIES
from ..desired import Desired

DEFINITIONS = "Microsoft.Authorization/roleDefinitions"
GRANTS = ("Microsoft.Authorization/roleAssignments", ELIGIBILITIES, ACTIVATIONS, GLASS)
# Names are unique over all who can be known.
PRINCIPALS = ("mlestate/users", "mlestate/groups", "mlestate/servicePrincipals")
_ROOM = "/estate/v1/"
_BY_WORD = {each.lower(): each for each in (*PRINCIPALS, *GRANTS)}


def of(wanted: Iterable[Desired], gone: Iterable[Desired]) -> set[str]:
    """The types to be read as well."""
    made, going = {each.type for each in wanted}, {each.type for each in gone}
    found = set(PRINCIPALS) if made & set(PRINCIPALS) else set()
    if going & {DEFINITIONS, TERMS}:
        found.update(GRANTS)
    return found


def type_of(key: str) -> str:
    """One of these types, by the id in lower case of a thing; empty for all others."""
    if key.startswith(_ROOM):
        return _BY_WORD.get(f"mlestate/{key.removeprefix(_ROOM).partition('/')[0]}", "")
    return _BY_WORD.get(key.rpartition("/providers/")[2].rpartition("/")[0], "")
