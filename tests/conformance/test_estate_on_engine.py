"""What the compiler writes, the real engine takes with the real catalog, and shows back."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mlestate.app.joints.contents import Contents
from mlestate.catalog import CATALOG
from mlestate.control.engine import Engine
from mlestate.control.plane import Plane
from mlestate.control.worker import Worker
from mlestate.control.writing import Conditions, Outcome
from mlestate.core.access import Caller, Grant, Permission, Rights, Role
from mlestate.core.bundle import Bundle
from mlestate.core.errors import Conflict, NotFound, Stale
from mlestate.core.resource import View
from mlestate.estate.applying.apply import apply, failed
from mlestate.estate.applying.lease import SECONDS, Holder, Lease
from mlestate.estate.applying.outcome import Outcome as Result
from mlestate.estate.applying.reconcile import Wanted, carry_out, survey
from mlestate.estate.compile import compile_estate
from mlestate.estate.load import load
from mlestate.estate.planning.plan import plan
from mlestate.estate.planning.record import address, beginning
from mlestate.estate.port import OneByOne
from mlestate.providers.applied_files import AppliedFiles
from mlestate.store.cells import Cells
from mlestate.store.database import Database
from mlestate.tracking.job_runs import JobRuns
from tests.estates import CONTOSO, SMALL, Memory, broken

OWNER = Role("owner", "Owner", (Permission(actions=("*",)),))
ADMIN = Caller("a", "admin", "ServicePrincipal", Rights([Grant("", OWNER)]))


class OnEngine:
    """Resources in the engine; principals, which are no resources, in memory."""

    def __init__(self, cells: Cells):
        ids = (f"00000000-0000-0000-0000-{number:012}" for number in itertools.count(1))
        self.now = 1000.0
        plane = Plane(CATALOG, cells, lambda: self.now, lambda: next(ids))
        plane.add([AppliedFiles()])
        self._engine = Engine(plane, {})
        self._worker = Worker(plane, lambda principal: ADMIN)
        self._contents = Contents(self._engine, _NoRuns())
        self._directory = Memory()

    def get(self, id: str) -> Mapping[str, Any] | None:
        if id.startswith("/estate/"):
            return self._directory.get(id)
        try:
            return self._engine.get(ADMIN, id, {}, View()).document
        except NotFound:
            return None

    def put(self, id: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if id.startswith("/estate/"):
            return self._directory.put(id, body)
        sent = json.loads(json.dumps(body))
        self._engine.put(ADMIN, id, sent, Conditions(), View())
        return body

    def list(self, id: str) -> Iterator[Mapping[str, Any]]:
        page = self._engine.get(ADMIN, id, {}, View()).page
        assert page is not None
        yield from page.rows

    def delete(self, id: str) -> bool:
        if id.startswith("/estate/"):
            return self._directory.delete(id)
        outcome = self._engine.delete(ADMIN, id, Conditions(), View())
        while outcome.operation and self._worker.step():
            pass
        return outcome.existed

    def replace(self, id: str, body: Mapping[str, Any], etag: str = "") -> Mapping[str, Any]:
        when = Conditions(if_match=etag) if etag else Conditions(if_none_match="*")
        return self._shown(self._engine.put(ADMIN, id, json.loads(json.dumps(body)), when, View()))

    def amend(self, id: str, body: Mapping[str, Any], etag: str) -> Mapping[str, Any]:
        when = Conditions(if_match=etag)
        return self._shown(self._engine.patch(ADMIN, id, dict(body), when, View()))

    def contents(self, id: str) -> Mapping[str, Any]:
        return self._contents.of(ADMIN, id)

    def submit_job(self, workspace: str) -> None:
        """As good as one: what matters is that it is there."""
        document = {"properties": {"environmentType": "x", "description": "by hand"}}
        self._engine.put(ADMIN, f"{workspace}/environments/mine", document, Conditions(), View())

    def _shown(self, outcome: Outcome) -> Mapping[str, Any]:
        assert outcome.document is not None
        return outcome.document


class _NoRuns(JobRuns):
    """Nothing was tracked."""

    def __init__(self) -> None:
        super().__init__(lambda region: pytest.fail("nobody asks for a run"))

    def count(self, region: str, workspace: str) -> tuple[int, int]:
        return 0, 0


@pytest.fixture
def port(database_url: str) -> Iterator[OnEngine]:
    def cell(name: str) -> Database:
        return Database(database_url.replace("test.db", f"{name}.db"), schema=name)

    cells = Cells(cell("estate"), {"westeurope": cell("westeurope")})
    cells.create()
    yield OnEngine(cells)
    cells.close()


def test_contoso_is_applied_and_there_is_nothing_left_to_do(port: OnEngine):
    desired = compile_estate(load(CONTOSO.read_text()))
    assert failed(apply(plan(desired, port), port)) == []
    assert plan(desired, port).changes == []


HOLDER = Holder("me", "here")
PROD = "prod: {subscription: one, storageAuth: identity, containerRegistry: true}"
LOCKED = (PROD, "prod: {subscription: one, lock: [resourceGroup, workspace, storage, keyvault]}")


def test_what_is_locked_and_no_longer_asked_for_is_removed_its_locks_first(port: OnEngine):
    done: list[list[Result]] = []
    for text in (broken(LOCKED), broken(LOCKED, ("[dev, prod]", "[dev]"))):
        found = survey(Wanted(Bundle(text), prune=True), port)
        done.append(carry_out(found, port, OneByOne(), HOLDER, lambda: port.now))
    assert [failed(outcomes) for outcomes in done] == [[], []]
    gone = [each.id.rpartition("/")[2] for each in done[1] if each.result == "deleted"]
    assert gone.count("mlestate-keep") == 4
    assert gone.index("rg-fraud-prod") > gone.index("mlw-fraud-prod")
    again = survey(Wanted(Bundle(broken(LOCKED, ("[dev, prod]", "[dev]"))), prune=True), port)
    assert again.plan.exit_code == 0


SMALLER = CONTOSO.read_text().replace("environments: [dev, qa, prod]", "environments: [dev, prod]")


def run(port: OnEngine, text: str, *named: str, holder: Holder = HOLDER) -> list[Result]:
    found = survey(Wanted(Bundle(text), prune=True), port)
    return carry_out(found, port, OneByOne(), holder, lambda: port.now, named)


def test_what_a_file_no_longer_has_is_pruned_and_the_plan_is_then_empty(port: OnEngine):
    run(port, CONTOSO.read_text())
    outcomes = run(port, SMALLER)
    assert {each.result for each in outcomes} == {"deleted"}
    assert len(outcomes) > 30
    after = survey(Wanted(Bundle(SMALLER), prune=True), port)
    assert after.plan.exit_code == 0
    assert after.recorded


def test_what_a_file_no_longer_says_is_taken_back_where_the_server_would_keep_it(port: OnEngine):
    shut = "    storageAuth: identity           # no account key opens production's data\n"
    assert shut in CONTOSO.read_text()
    run(port, CONTOSO.read_text())
    after = CONTOSO.read_text().replace(shut, "").replace("    containerRegistry: true\n", "")
    changed = {each.id.rsplit("/", 1)[-1] for each in run(port, after) if each.result == "changed"}
    assert "mlw-fraud-prod" in changed
    workspace = next(each for each in compile_estate(load(after)) if "mlw-fraud-prod" in each.id)
    properties = (port.get(workspace.id) or {})["properties"]
    assert properties.get("systemDatastoresAuthMode") != "Identity"
    assert not properties.get("containerRegistry")
    assert survey(Wanted(Bundle(after), prune=True), port).plan.exit_code == 0


def test_a_workspace_with_something_in_it_is_kept_until_it_is_named(port: OnEngine):
    run(port, CONTOSO.read_text())
    workspace = next(
        each.id for each in compile_estate(load(CONTOSO.read_text())) if "mlw-fraud-qa" in each.id
    )
    port.submit_job(workspace)
    kept = {
        each.id.rsplit("/", 1)[-1]: each.why for each in run(port, SMALLER) if each.result == "kept"
    }
    assert kept["mlw-fraud-qa"].startswith("it holds 1 environment: ")
    assert port.get(workspace) is not None
    run(port, SMALLER, "mlw-fraud-qa")
    assert port.get(workspace) is None


def test_the_record_holds_off_another_apply_and_ends_by_the_servers_clock(port: OnEngine):
    found = survey(Wanted(Bundle(CONTOSO.read_text())), port)
    lease = Lease(port, address("contoso"), HOLDER, lambda: port.now)
    lease.take(None, lambda said: beginning(None, found.files, (), (), said))
    other = Holder("other", "there")
    with pytest.raises(Conflict, match="`admin` on here applies this estate since 1970-01-01"):
        run(port, CONTOSO.read_text(), holder=other)
    port.now += SECONDS
    run(port, CONTOSO.read_text(), holder=other)
    assert "ran out" in lease.stop()
    with pytest.raises(Stale):
        port.amend(address("contoso"), {"properties": {"state": "Applying"}}, lease._etag)


def test_a_snapshot_asks_for_types_that_the_catalog_has():
    known = {kind.name for kind in CATALOG}
    asked = {each.type for each in compile_estate(load(CONTOSO.read_text()))}
    assert {each for each in asked if each.startswith("Microsoft.")} <= known


OF_OTHERS = "/subscriptions/99999999-9999-9999-9999-999999999999/resourceGroups/rg-it/providers"
ATTACHED = f"""\
defaults:
  datastores:
    sales: {{blob: {{account: fraud/prod, container: sales}}}}
    lake: {{adlsGen2: {{account: stlake, filesystem: raw}}, live: true}}
    share: {{file: {{account: stfiles, share: raw}}}}
    old: {{adlsGen1: {{store: archive}}}}
    fabric: {{oneLake: {{workspace: sales, lakehouse: raw}}}}
  computes:
    aks: {{kubernetes: {OF_OTHERS}/Microsoft.ContainerService/managedClusters/aks1}}
    box: {{virtualMachine: {OF_OTHERS}/Microsoft.Compute/virtualMachines/vm1}}
    dbx: {{databricks: {OF_OTHERS}/Microsoft.Databricks/workspaces/dbx1}}
    ray: {{ray: "ray://head.contoso.example:10001"}}
environments:
"""


def test_what_is_attached_is_planned_no_more_and_detached_when_it_is_taken_out(port: OnEngine):
    text = CONTOSO.read_text().replace("environments:\n", ATTACHED, 1)
    assert {each.result for each in run(port, text)} == {"created"}
    assert plan(compile_estate(load(text)), port).changes == []
    gone = run(port, CONTOSO.read_text())
    tails = {each.id.rsplit("/", 2)[-2] for each in gone}
    assert tails == {"datastores", "computes"}
    assert {each.result for each in gone} == {"deleted"}
    assert len(gone) == 10 * 9


def test_conventions_are_applied_and_what_the_file_no_longer_says_is_gone(port: OnEngine):
    def step(text: str) -> list[str]:
        desired = compile_estate(load(f"{SMALL}conventions:\n{text}"))
        changes = [each.desired.id for each in plan(desired, port).changes]
        assert failed(apply(plan(desired, port), port)) == []
        assert plan(desired, port).changes == []
        return changes

    models = "/providers/Mlestate.Organization/namingConventions/models"
    rule = '  models: {name: "{project}-{words}", tags: {stage: [new, old], owner: any}}\n'
    assert models in step(rule)
    assert step(rule) == []
    assert step(rule.replace(", owner: any", "")) == [models]
    assert step(rule.replace("[new, old]", "[new]")) == [models]
    assert step(rule.replace(", tags", ", otherwise: warn, tags")) == [models]
