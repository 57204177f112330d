"""Live data and locks in the file: read by identity and never written; kept from being deleted."""

from __future__ import annotations

import pytest

from mlestate.core.errors import Invalid
from mlestate.estate.compile import compile_estate
from mlestate.estate.desired import Desired
from mlestate.estate.load import load
from mlestate.estate.planning.graph import dependencies
from mlestate.estate.spec import Estate
from tests.estates import broken, small
from tests.unit.estate.test_compile import grants

PROD = "prod: {subscription: one, storageAuth: identity, containerRegistry: true"
LIVE = (PROD, "prod: {subscription: one, live: [auditor]")
AUDITOR = ("customRoles:", "  auditor: {dev: Reader}\ncustomRoles:")
GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-fraud-prod"


def compiled(estate: Estate) -> dict[str, Desired]:
    return {each.id: each for each in compile_estate(estate)}


def faults(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(Invalid) as refused:
        load(broken(*changes))
    return [str(detail) for detail in refused.value.details]


def storage(desired: dict[str, Desired], group: str) -> Desired:
    [found] = [
        each
        for each in desired.values()
        if each.type.endswith("storageAccounts") and each.id.startswith(group + "/")
    ]
    return found


def test_a_role_that_may_read_live_data_reads_the_storage_and_nothing_else():
    desired = compiled(small(LIVE, AUDITOR))
    account = storage(desired, GROUP)
    live = {("Storage Blob Data Reader", account.id)}
    assert grants(desired, "sg-ml-fraud-auditor-prod") == live


def test_live_data_is_opened_by_identity_without_saying_so():
    desired = compiled(small(LIVE, AUDITOR))
    assert storage(desired, GROUP).body["properties"]["allowSharedKeyAccess"] is False
    dev = storage(desired, GROUP.replace("-prod", "-dev"))
    assert dev.body["properties"]["allowSharedKeyAccess"] is True


def test_who_looks_after_the_estate_reads_live_data_account_by_account():
    whole = ("divisions:", "members: {auditor: science}\ndivisions:")
    both = ("customRoles:", "  auditor: {dev: Reader, prod: Reader}\ncustomRoles:")
    desired = compiled(small(LIVE, both, whole))
    given = grants(desired, "sg-ml-small-auditor-prod")
    assert ("Storage Blob Data Reader", storage(desired, GROUP).id) in given
    assert {role for role, scope in given if scope.count("/") == 2} == {"Reader"}


def test_a_project_can_take_it_away():
    other = ("fraud: {members", "fraud: {roles: {auditor: {prod: none}}, members")
    desired = compiled(small(LIVE, AUDITOR, other))
    assert "/estate/v1/groups/sg-ml-fraud-auditor-prod" not in desired


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([(PROD, "prod: {subscription: one, live: [auditr]"), AUDITOR],
         "unknown role `auditr`; did you mean `auditor`?"),
        ([(PROD, "prod: {subscription: one, live: [auditor], storageAuth: key"), AUDITOR],
         "`prod` has live data, which no key may open"),
        ([LIVE, ("customRoles:", "  auditor: {prod: Storage Blob Data Contributor}\ncustomRoles:")],
         "`auditor` may change blobs of `fraud` in `prod` (`Storage Blob Data Contributor`)"),
        ([LIVE, ("customRoles:", "  auditor: {prod: mlops}\ncustomRoles:"),
          ("mlops: {", "mlops: {dataActions: ['Microsoft.Storage/*/write'], ")],
         "`auditor` may change blobs of `fraud` in `prod` (`mlops`)"),
        ([LIVE, ("customRoles:", "  auditor: {prod: none}\ncustomRoles:")],
         "`auditor` is `none` in `prod`, and may read live data"),
        ([LIVE, AUDITOR, ("fraud: {members",
          "fraud: {roles: {auditor: {prod: Storage Blob Data Owner}}, members")],
         "may change blobs of `fraud`"),
        ([(PROD, "prod: {subscription: one, lock: [registry]")], "no registry in `prod` to lock"),
        ([(PROD, "prod: {subscription: one, lock: [vault]")], "`vault` is not known here"),
    ],
)  # fmt: skip
def test_a_contradiction_is_named_in_its_place(changes: list[tuple[str, str]], said: str):
    found = faults(*changes)
    assert any(said in fault for fault in found), found


def test_what_is_locked_has_a_lock_that_comes_after_it():
    lock = (PROD, "prod: {subscription: one, lock: [resourceGroup, workspace, storage, keyvault]")
    desired = compiled(small(lock))
    locks = {id: each for id, each in desired.items() if each.type.endswith("/locks")}
    tail = "/providers/Microsoft.Authorization/locks/mlestate-keep"
    assert all(id.endswith(tail) for id in locks)
    targets = {id.removesuffix(tail) for id in locks}
    assert GROUP in targets
    assert {desired[target].type.rpartition("/")[2] for target in targets} == {
        "resourceGroups", "workspaces", "storageAccounts", "vaults",
    }  # fmt: skip
    assert all(each.body["properties"]["level"] == "CanNotDelete" for each in locks.values())


def test_a_lock_is_made_after_all_that_it_holds_and_goes_before():
    """What is needed is made first, and removed last."""
    lock = (PROD, "prod: {subscription: one, lock: [resourceGroup, storage]")
    desired = compile_estate(small(lock))
    needs = dependencies(desired)
    below = {each.id.lower() for each in desired if each.id.startswith(f"{GROUP}/")}
    locks = {each.id.lower() for each in desired if each.type.endswith("/locks")}
    group = f"{GROUP}/providers/microsoft.authorization/locks/mlestate-keep".lower()
    assert group in locks
    assert needs[group] == (below - locks) | {GROUP.lower()} | (needs[group] - below)
    [other] = locks - {group}
    account = storage({each.id: each for each in desired}, GROUP).id.lower()
    assert account in needs[other]
    assert not any(locks & needs[each] for each in needs)


def test_an_override_lifts_the_locks_of_a_project():
    lock = (PROD, "prod: {subscription: one, lock: [storage]")
    lifted = ("fraud: {members", "fraud: {overrides: {prod: {lock: []}}, members")
    assert not [e for e in compiled(small(lock, lifted)).values() if e.type.endswith("/locks")]
