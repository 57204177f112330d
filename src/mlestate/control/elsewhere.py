"""What a resource may point at without its being of this estate."""

from __future__ import annotations

from ..catalog import by_name
from ..core import ids
from ..core.ids import ResourceId
from ..core.lifecycle import Work
from .needing import seen

_SUBSCRIPTION = "Microsoft.Resources/subscriptions"


def is_elsewhere(work: Work, id: ResourceId) -> bool:
    """A pointer, of which nothing is known here: it is in a subscription that is none of the
    estate's, or that its writer does not see. They are answered as if there were none."""
    subscription = ids.parse(f"/subscriptions/{id.subscription}")
    kind, caller = by_name()[_SUBSCRIPTION.lower()], work.caller
    known = caller.rights.allows(kind.permission("read"), str(subscription))
    return not (known or seen(caller, kind, subscription)) or work.find(subscription) is None
