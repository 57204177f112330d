"""From a checked spec to everything that is to exist. Pure: the same file gives the same ids.

One module per noun; the order is that of the file, and `graph` puts it in the order of making.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ..desired import Desired
from ..layout.places import workspaces
from ..spec import Estate
from . import (
    access,
    computes,
    conventions,
    datastores,
    given,
    guests,
    locks,
    places,
    principals,
    record,
    time_boxed,
    webhooks,
)


def compile_estate(estate: Estate, today: date = date.min) -> list[Desired]:
    """Guests whose last day is before `today` are not asked for."""
    made = workspaces(estate)
    return _once(
        [
            *places.regions(estate),
            *places.subscriptions(estate),
            *principals.declared(estate),
            *access.custom_roles(estate),
            *places.resources(estate, made),
            *conventions.conventions(estate),
            *record.record(estate),
            *computes.computes(estate, made),
            *datastores.datastores(made),
            *guests.guests(estate, made, today),
            *access.groups(estate, today),
            *access.assignments(estate, made),
            *time_boxed.eligibilities(estate, made),
            *time_boxed.glasses(estate, made),
            *given.assignments(estate, made),
            *locks.locks(made),
            *webhooks.webhooks(estate, made),
            *given.denials(estate, made),
        ]
    )


def _once(desired: Iterable[Desired]) -> list[Desired]:
    """Two roads may lead to one thing: a role that is listed twice, say."""
    return list({each.id.lower(): each for each in desired}.values())
