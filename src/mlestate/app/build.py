"""Every room put together: one estate in one process."""

from __future__ import annotations

import os
import random
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from starlette.types import ASGIApp

from ..api import addresses
from ..catalog import CATALOG
from ..client.webhook import Sender, networks
from ..control.activity_log import CATEGORIES, ActivityLog, categories
from ..control.activity_log import COLLECTION as EVENTS
from ..control.announcing import Announce
from ..control.answering import Answering
from ..control.beside import Companions
from ..control.conventions import CONVENTIONS
from ..control.courier import Courier
from ..control.engine import Computed, Engine
from ..control.grants import HELD, Grants
from ..control.graph import Graph
from ..control.hearing import Hearing
from ..control.held import DEFINITIONS
from ..control.held_now import HeldNow
from ..control.journals import Journals
from ..control.permissions import COLLECTION, permissions
from ..control.plane import Plane
from ..control.safekeeping import Safekeeping
from ..control.schedule_views import ScheduleViews
from ..control.schedules import WATCHED, Schedules
from ..control.searching import Searching
from ..control.settling import settle
from ..control.targets import Targets
from ..control.telling import announce
from ..control.turns import CARRIERS
from ..control.worker import Worker
from ..core.ids import ResourceId
from ..identity import bootstrap
from ..identity.provider.wanted import secret as provider_secret
from ..store.activity.ledger import NAME, LedgerFile
from ..store.activity.marks import signer
from ..store.cells import ESTATE, Cells
from ..store.prepare import prepare
from ..store.schema import REGION
from ..tracking.job_runs import JobRuns
from . import databases
from .doors import Doors
from .identities import Identities
from .joints.accounts import Accounts
from .joints.belongings import Belongings
from .joints.blob_services import BlobServices
from .joints.cores import Cores
from .joints.ending import Ending
from .joints.job_desk import JobDesk
from .joints.leaving import Leaving
from .joints.output_assets import OutputAssets
from .joints.places import Places
from .joints.post import Post
from .joints.queue import Live, Queue
from .joints.workspaces import KnownWorkspaces
from .joints.worlds import Worlds
from .lifecycles import lifecycles
from .owners import Owners, known_roles
from .region import Region
from .secret import server_secret
from .settings import Region as RegionSettings
from .settings import Settings

ML = "Microsoft.MachineLearningServices"


class Estate:
    """Built, not yet serving. `app` answers HTTP; `worker` does the slow work when it is run."""

    announce: Announce = staticmethod(announce)

    def __init__(
        self,
        data: Path,
        settings: Settings,
        regions: list[str],
        clock: Callable[[], float] = time.time,
    ):
        self.data, self.settings, self.clock = data, settings, clock
        self._opening = threading.Lock()
        self.origin = f"https://localhost:{settings.port}"
        self.secret = server_secret(data, settings)
        self.regions = {name: self._region(name) for name in regions}
        estate = databases.of_the_estate(data, settings, self.secret)
        self.cells = Cells(estate, {n: r.database for n, r in self.regions.items()})
        self.cells.create()
        self.grants = Grants(self.cells, known_roles())
        self.schedules = Schedules(self.cells, known_roles())
        self.live, self.queue = Live(), Queue()
        self.identities = Identities(
            estate,
            self.grants,
            self.live,
            settings.origins,
            settings.dev,
            clock,
            Belongings(self.grants, clock, self.schedules.changed),
            lambda event: self.journals.note(ESTATE, event),
            lambda scope: self.plane.is_there(scope),
            self.schedules,
            settings.passwords,
            settings.oidc,
            provider_secret(data, os.environ) if settings.oidc else "",
        )
        self.plane = Plane(CATALOG, self.cells, clock, lambda: str(uuid.uuid4()), self._changed)
        self.journals = Journals(self.plane, self._record_folder)
        sign = signer(self.secret)
        self.safekeeping = Safekeeping(self.cells, sign, LedgerFile(data / NAME, sign))
        self.leaving = Leaving(self.plane, self.identities.departures)
        self.identities.provisioning.gone = self.leaving.end_jobs
        self.identities.directory.gone = self.leaving.end_jobs
        self.workspaces = KnownWorkspaces(self.plane)
        self.runs = JobRuns(lambda region: self.regions[region].tracking)
        self.searching = Searching(self.plane, lambda region: self.regions[region].tracking)
        self.held_now = HeldNow(self.schedules, self.identities.directory.groups_of)
        tenant, told = self.identities.directory.tenant, self.held_now.told
        self.graph = Graph(self.plane, time.monotonic, tenant, told)
        self.hearing = Hearing(self.plane, self.identities.directory.caller)
        self.post = Post(self.plane, self.plane.hooks, self.hearing)
        self.engine = Engine(self.plane, self._computed(), self.runs)
        self.ending = Ending(self.plane, self.held_now, self.announce)
        worlds = Worlds(self.identities.directory, self.grants, self.schedules, clock)
        self.answering = Answering(Targets(self.plane, addresses.actions()), worlds)
        self.places = Places(self.plane, self.secret, clock)
        self.accounts = Accounts(self.plane, self.secret)
        self._desk = self._job_desk()
        for region in self.regions.values():
            self._open_queue(region)
        self.plane.add(lifecycles(self))
        self.worker = Worker(self.plane, self.identities.directory.caller)
        self.threads = ThreadPoolExecutor(8, "blob")
        self.courier = self._courier()
        self.app: ASGIApp = Doors(self).front()

    def found(self) -> bootstrap.Founded:
        """What every start makes sure of: nothing is half done, and administrator and agents are
        there. The data folder must be this process's alone."""
        self.safekeeping.open(self.clock())
        for region in self.regions.values():
            self._hold_beside(region)
        settle(self.plane, self.safekeeping.followed())
        self.journals.open()
        self.journals.flush()
        owners = Owners(self.plane, self.grants)
        owners.make_management_group()
        directory, credentials = self.identities.directory, self.identities.credentials
        return bootstrap.found(self.data, self.regions, directory, credentials, owners)

    def leave(self) -> None:
        """Where it cannot be served: its databases are let go of, as they are."""
        for region in self.regions.values():
            region.close()
        self.cells.close()

    def close(self) -> None:
        self.worker.stop()
        self.courier.close()
        self.threads.shutdown()
        self.journals.flush()
        self.safekeeping.anchor(self.clock())
        self.searching.close()
        self.leave()

    def _courier(self) -> Courier:
        self.sender = Sender(networks(self.settings.webhook_networks))
        return Courier(
            self.cells,
            self.plane.hooks,
            self.hearing.withheld,
            self.sender.send,
            self.clock,
            random.random,
            ThreadPoolExecutor(CARRIERS, "courier"),
        )

    def _region(self, name: str) -> Region:
        wanted = self.settings.regions.get(name, RegionSettings())
        return Region(name, self.data / "regions" / name, wanted, self.clock, self.secret)

    def open(self, name: str) -> None:
        """One more region while all goes on. Whoever comes second finds it open."""
        with self._opening:
            if name in self.regions:
                return
            region = self._region(name)
            prepare(region.database, REGION)
            self.safekeeping.begin(name, region.database, self.clock())
            self._hold_beside(region)
            self.cells.open(name, region.database)
            directory, credentials = self.identities.directory, self.identities.credentials
            owners = Owners(self.plane, self.grants)
            bootstrap.found_agent(self.data, name, directory, credentials, owners)
            self._open_queue(region)
            self.regions = {**self.regions, name: region}

    def _hold_beside(self, region: Region) -> None:
        companions = Companions(region.name, region.database, signer(self.secret), region.beside)
        companions.hold(lambda: str(uuid.uuid4()), self.clock())

    def _record_folder(self, region: str) -> Path:
        cell = self.data / "regions" / region if region else self.data
        return cell / "activity"

    def _computed(self) -> dict[str, Computed]:
        people = self.identities.directory
        log = ActivityLog(self.plane, self.journals.flush, people.tenant, people.called)
        cores = Cores(self.plane, self.queue).computed()
        views = ScheduleViews(
            self.schedules, self.held_now, Targets(self.plane).called, people.by_ids, self.clock
        ).computed()
        post = self.post.computed() | BlobServices(self.plane).computed()
        events = {EVENTS: log.page, CATEGORIES: categories}
        return {**cores, **views, **post, **events, COLLECTION: permissions}

    def holds(self, name: str) -> bool:
        return name in self.cells.regions_under("")

    def _job_desk(self) -> JobDesk:
        directory, tokens = self.identities.directory, self.identities.tokens
        return JobDesk(
            self.plane,
            self.places,
            directory,
            tokens,
            self.runs,
            self.live,
            OutputAssets(self.engine),
            self.origin,
        )

    def _open_queue(self, region: Region) -> None:
        slots = max(2, os.cpu_count() or 1)
        dispatch = region.open_queue(self._desk, slots, self.live.hear)
        self.queue.regions = {**self.queue.regions, region.name: dispatch}

    def _changed(self, kind: str, *ids: ResourceId) -> None:
        """After each commit."""
        if kind in HELD and ids:
            self.grants.written(ids)
            if kind == DEFINITIONS.lower():
                self.schedules.changed()
        elif kind in HELD:
            self.grants.changed()
            self.schedules.changed()
        elif kind in WATCHED:
            self.schedules.changed(eligible=WATCHED[kind])
        if kind == f"{ML}/workspaces".lower() or "resourcegroups" in kind:
            self.workspaces.forget()
        if kind == CONVENTIONS.lower():
            self.engine.conventions.changed()
        self.worker.wake()
        self.courier.wake()
