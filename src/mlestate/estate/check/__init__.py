"""Does the file hold together? Each module looks at one part and records every fault it finds."""

from __future__ import annotations

from ..layout.places import workspaces
from ..reading.source import Source
from ..spec import Estate
from . import (
    access,
    attached,
    conventions,
    divisions,
    given,
    guests,
    ids,
    live,
    names,
    places,
    record,
    reserved,
    settings,
    tags,
    time_boxed,
    webhooks,
)


def check(estate: Estate, source: Source) -> None:
    places.check(estate, source)
    ids.check(estate, source)
    divisions.check(estate, source)
    if not source.faults:
        given.check_places(estate, source)
    access.check(estate, source)
    guests.check(estate, source)
    reserved.check(estate, source)
    given.check(estate, source)
    tags.check(estate, source)
    names.check_patterns(estate, source)
    settings.check(estate, source)
    conventions.check(estate, source)
    record.check(estate, source)
    webhooks.check(estate, source)
    # What follows is worked out from everything else; a file that does not hold together gives
    # nothing to work it out from.
    if not source.faults:
        settings.check_merged(estate, source)
        live.check(estate, source)
    if not source.faults:
        made = workspaces(estate)
        names.check(estate, made, source)
        reserved.check_groups(estate, source)
        tags.check_required(estate, made, source)
        access.check_subscriptions(estate, source)
        time_boxed.check_terms(estate, source)
        attached.check_merged(estate, made, source)
        # Of what points nowhere there is nothing to hold to a convention.
        if not source.faults:
            conventions.check_own(estate, made, source)
