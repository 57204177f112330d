"""What each type does beside being stored, in one estate."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Protocol

from ..blob.cell import new_etag
from ..control.announcing import Announce
from ..control.held_now import HeldNow
from ..control.plane import Plane
from ..core.lifecycle import Lifecycle
from ..providers.applied_files import AppliedFiles
from ..providers.assets import CodeVersions, Located, ModelVersions, Versions
from ..providers.authorization import Denials, DenyAssignments, RoleAssignments, RoleDefinitions
from ..providers.computes import Computes
from ..providers.datastores import Datastores
from ..providers.job_outputs import JobOutputs
from ..providers.jobs import Jobs
from ..providers.locks import Locks
from ..providers.management import ManagementGroups
from ..providers.regions import Places as Opening
from ..providers.regions import Regions
from ..providers.secrets import Connections, StorageAccounts
from ..providers.time_boxed import (
    Activations,
    Approvals,
    BreakGlass,
    Eligibilities,
    HeldForATime,
    Policies,
    PolicyAssignments,
    Stages,
)
from ..providers.webhooks import Webhooks
from ..providers.workspaces import Workspaces
from ..tracking.job_runs import JobRuns
from .identities import Identities
from .joints.accounts import Accounts, Containers
from .joints.places import Places, Signatures, Uploads
from .joints.pools import AllPools
from .joints.post import Post
from .joints.queue import Queue

ML = "Microsoft.MachineLearningServices"
_VERSIONED = ("environments", "components")


class Parts(Opening, Protocol):
    """What of an estate the types work with."""

    accounts: Accounts
    announce: Announce
    identities: Identities
    held_now: HeldNow
    places: Places
    plane: Plane
    post: Post
    queue: Queue
    runs: JobRuns


def lifecycles(estate: Parts) -> Iterator[Lifecycle]:
    containers = Containers(new_etag)
    yield Regions(estate)
    yield Workspaces(containers, estate.accounts, estate.runs)
    yield StorageAccounts(estate.accounts, containers)
    yield Connections()
    yield Computes(AllPools(estate.queue))
    yield Datastores(Signatures(estate.places), estate.accounts)
    yield CodeVersions(Uploads(estate.places, containers))
    outputs = JobOutputs(estate.runs)
    yield Located(f"{ML}/workspaces/data/versions", "dataUri", outputs)
    yield ModelVersions(f"{ML}/workspaces/models/versions", outputs, estate.places)
    yield from (Versions(f"{ML}/workspaces/{name}/versions") for name in _VERSIONED)
    yield Jobs(estate.runs, estate.queue, outputs, estate.places)
    yield RoleDefinitions()
    held = HeldForATime(estate.held_now, estate.announce)
    yield RoleAssignments(estate.identities, held)
    yield Denials(estate.identities)
    yield DenyAssignments(estate.identities)
    yield ManagementGroups(estate.identities.directory.tenant)
    yield Locks(estate.plane.locks)
    yield from _time_boxed(estate)
    yield AppliedFiles()
    yield Webhooks(estate.post, secrets.token_bytes)


def _time_boxed(estate: Parts) -> Iterator[Lifecycle]:
    yield Eligibilities(estate.identities, estate.held_now)
    yield Activations(estate.identities, estate.held_now, estate.announce)
    yield Approvals(estate.held_now)
    yield Stages(estate.identities, estate.held_now, estate.announce)
    yield Policies(estate.identities)
    yield PolicyAssignments()
    yield BreakGlass(estate.identities)
