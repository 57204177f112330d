"""The doors of an estate: which part of `api` answers at which address, and with what."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from starlette.types import ASGIApp

from ..api import (
    access,
    access_report,
    arm,
    audit,
    cloud,
    contents,
    graph,
    health,
    history,
    operations,
    principals,
    resources,
    search,
    tenants,
)
from ..api.agents import Agents
from ..api.blob.app import BlobApp
from ..api.blob.ports import Ports
from ..api.front import Front, unknown
from ..api.login import routes as login
from ..api.mlflow.app import MlflowApp
from ..api.mlflow.basic import Standing
from ..api.msgraph import routes as msgraph
from ..api.openapi import document as openapi
from ..api.routed import Routed
from ..api.scim import app as scim
from ..api.trail import Names
from ..control.answering import Answering
from ..control.engine import Engine
from ..control.graph import Graph
from ..control.journals import Journals
from ..control.plane import Plane
from ..control.safekeeping import Safekeeping
from ..control.searching import Searching
from ..control.views import Views
from ..core.access import Caller
from ..store import schema
from ..store.cells import Cells
from ..store.prepare import check
from ..tracking.job_runs import JobRuns
from .identities import Identities
from .joints import letters
from .joints.access_reports import AccessReports
from .joints.accounts import Accounts
from .joints.artifacts import RunArtifacts
from .joints.contents import Contents
from .joints.conventions import TrackedNames
from .joints.places import Places
from .joints.queue import Queue
from .joints.record import Record
from .joints.registered_models import RegisteredModels
from .joints.run_history import RunHistory
from .joints.workspaces import KnownWorkspaces
from .region import Region
from .settings import Settings


class Parts(Protocol):
    """What of an estate the doors lead to."""

    accounts: Accounts
    answering: Answering
    cells: Cells
    clock: Callable[[], float]
    engine: Engine
    graph: Graph
    identities: Identities
    journals: Journals
    origin: str
    places: Places
    plane: Plane
    queue: Queue
    regions: dict[str, Region]
    runs: JobRuns
    safekeeping: Safekeeping
    searching: Searching
    secret: bytes
    settings: Settings
    threads: ThreadPoolExecutor
    workspaces: KnownWorkspaces


class Doors:
    def __init__(self, estate: Parts):
        self.estate = estate

    def front(self) -> Front:
        estate = self.estate
        authenticate = estate.identities.authenticator.authenticate
        known = unknown(authenticate)
        plane = arm.app(estate.engine, authenticate)
        directory = estate.identities.directory
        runs = RunHistory(
            estate.engine,
            estate.runs,
            estate.places,
            self._blobs,
            estate.accounts,
            estate.journals,
        )
        past = history.app(runs, authenticate)
        words: dict[str, ASGIApp] = {
            **dict.fromkeys(("subscriptions", "mferp"), plane),
            "providers": graph.GraphDoor(estate.graph, authenticate, plane),
            **dict.fromkeys(("history", "data", "modelregistry", "metric", "artifact"), past),
            "mlflow": self._mlflow(),
            **dict.fromkeys(
                ("healthz", "readyz", "metrics"),
                Routed(health.routes(self.missing, authenticate), known),
            ),
            "estate": Routed(self._estate_routes(), known),
            "scim": scim.app(estate.identities.provisioning, estate.identities.scim),
            "v1.0": Routed(msgraph.routes(directory, estate.identities.authenticator), known),
            "tenants": Routed([tenants.route(directory.tenant, "mlestate", authenticate)], known),
            **dict.fromkeys(
                ("metadata", "discovery"), Routed(cloud.routes(estate.identities.cloud), known)
            ),
        }
        realm = Routed(login.routes(estate.identities.realm), known)
        blob = BlobApp(self._blob_ports())
        return Front(words, blob, realm, known, authenticate, estate.journals, self._names())

    def _names(self) -> Names:
        estate = self.estate
        hosts = frozenset(host.lower() for host in estate.settings.hosts)
        return Names(estate.origin, hosts, estate.identities.directory.tenant)

    def _estate_routes(self) -> list[Any]:
        estate = self.estate
        authenticator = estate.identities.authenticator
        record = Record(estate.journals, estate.safekeeping, estate.clock)
        agents = Agents(_from_headers(authenticator.authenticate), estate.queue)
        return [
            *principals.routes(estate.identities.people, authenticator),
            resources.route(estate.engine, estate.identities.people, authenticator.authenticate),
            operations.route(estate.engine, authenticator.authenticate),
            *search.routes(
                estate.searching,
                Views(estate.engine),
                authenticator.authenticate,
                estate.clock,
            ),
            *audit.routes(record, authenticator.authenticate),
            contents.route(Contents(estate.engine, estate.runs), authenticator.authenticate),
            access_report.route(
                AccessReports(estate.engine, estate.journals.flush),
                authenticator.authenticate,
            ),
            *access.routes(estate.answering, authenticator.authenticate),
            openapi.route(authenticator.authenticate),
            *agents.routes(),
        ]

    def _mlflow(self) -> MlflowApp:
        estate = self.estate
        threads = ThreadPoolExecutor(8, "artifacts")
        artifacts = RunArtifacts(estate.places, estate.accounts, self._blobs, threads)
        return MlflowApp(
            authenticate=estate.identities.authenticator.authenticate,
            workspaces=estate.workspaces,
            cell=lambda region: estate.regions[region].tracking,
            models=RegisteredModels(estate.engine),
            artifacts=artifacts,
            clock=lambda: int(estate.clock() * 1000),
            new_id=lambda: uuid.uuid4().hex,
            standing=Standing(estate.identities.log_in, estate.clock),
            names=TrackedNames(estate.plane, estate.engine.conventions),
            record=estate.journals,
        )

    def _blob_ports(self) -> Ports:
        estate = self.estate
        return Ports(
            accounts=estate.accounts,
            cell=self._blobs,
            authenticate=estate.identities.authenticator.authenticate,
            caller=estate.identities.signer,
            since=estate.identities.since,
            letters=letters.held,
            opens=estate.places.opens,
            secret=estate.secret,
            tenant=estate.identities.directory.tenant,
            clock=estate.clock,
            threads=estate.threads,
            record=estate.journals,
        )

    def _blobs(self, region: str) -> Any:
        return self.estate.regions[region].blobs

    def missing(self) -> dict[str, str]:
        """Which database does not answer, or cannot be written."""
        cells, found = self.estate.cells, dict[str, str]()
        for name, database in {"estate": cells.estate, **cells.regions}.items():
            try:
                check(database, schema.ESTATE if database is cells.estate else schema.REGION)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is not ready
                found[name] = type(error).__name__
        return found


def _from_headers(authenticate: Callable[[str], Caller]) -> Callable[[Mapping[str, str]], Caller]:
    return lambda headers: authenticate(headers.get("authorization", "").partition(" ")[2])
