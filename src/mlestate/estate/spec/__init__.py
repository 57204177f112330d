"""What an estate.yaml may say, as types. Nothing is inferred here; a key left out has a default.

The descriptions are what editors show: the JSON Schema and the reference page are made from them.
"""

from .attached import AdlsGen1, BlobContainer, Compute, Datastore, FileShare, FileSystem, OneLake
from .conventions import Convention, Conventions
from .estate import Estate
from .given import Assignment, Denial
from .house import Azure, Naming, Record, Regions, Tags
from .levels import Division, Level, Project, RegionPattern, Team, Tune
from .people import (
    BreakGlass,
    CustomRole,
    Eligible,
    Gives,
    Group,
    Guest,
    Members,
    Person,
    Roles,
    ServicePrincipal,
)
from .settings import Locked, Settings
from .webhooks import Webhook

__all__ = [
    "AdlsGen1",
    "Assignment",
    "Azure",
    "BlobContainer",
    "BreakGlass",
    "Compute",
    "Convention",
    "Conventions",
    "CustomRole",
    "Datastore",
    "Denial",
    "Division",
    "Eligible",
    "Estate",
    "FileShare",
    "FileSystem",
    "Gives",
    "Group",
    "Guest",
    "Level",
    "Locked",
    "Members",
    "Naming",
    "OneLake",
    "Person",
    "Project",
    "Record",
    "RegionPattern",
    "Regions",
    "Roles",
    "ServicePrincipal",
    "Settings",
    "Tags",
    "Team",
    "Tune",
    "Webhook",
]
