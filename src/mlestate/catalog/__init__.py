"""The nouns: every resource type as typed data and pure checks. Verbs are in `providers`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ..core.resource_type import ResourceType
from .activity_logs import ACTIVITY_LOGS
from .applied_files import APPLIED_FILES
from .approvals import DECISIONS
from .assets import ASSETS
from .authorization import AUTHORIZATION
from .break_glass import BREAK_GLASS
from .computes import COMPUTES
from .connections import CONNECTIONS
from .conventions import NAMING_CONVENTIONS
from .datastores import DATASTORES
from .denials import DENIED
from .jobs import JOBS
from .locks import LOCKS
from .management import MANAGEMENT_GROUPS
from .regions import REGIONS
from .resources import RESOURCES
from .role_policies import TERMS
from .schedule_requests import REQUESTS
from .storage import STORAGE
from .views import VIEWS
from .webhooks import WEBHOOKS
from .workspaces import WORKSPACES

# Parents before children.
CATALOG: tuple[ResourceType, ...] = (
    REGIONS,
    MANAGEMENT_GROUPS,
    *RESOURCES,
    *STORAGE,
    WORKSPACES,
    COMPUTES,
    DATASTORES,
    *ASSETS,
    JOBS,
    CONNECTIONS,
    *AUTHORIZATION,
    *TERMS,
    *REQUESTS,
    *DECISIONS,
    BREAK_GLASS,
    *DENIED,
    *VIEWS,
    LOCKS,
    NAMING_CONVENTIONS,
    WEBHOOKS,
    APPLIED_FILES,
    ACTIVITY_LOGS,
)

# A lower-case type to its proper spelling, for `core.ids.canonical`.
SPELLING: Mapping[str, str] = MappingProxyType({kind.name.lower(): kind.name for kind in CATALOG})


@cache
def by_name() -> Mapping[str, ResourceType]:
    """Every type by its name in lower case."""
    return MappingProxyType({kind.name.lower(): kind for kind in CATALOG})
